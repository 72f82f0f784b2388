"""How exact numbers look to people, and how people's numbers become exact: the only place that rounds.

Everything here is integer arithmetic. Counts step by 1000 (K, M, G, T, P, E), bytes by 1024 (KiB, MiB ...); rounding is
to three significant digits, half up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    import re
    from fractions import Fraction

DECIMAL = ("", "K", "M", "G", "T", "P", "E")
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
UNIT_WORDS = {"mac": "MAC", "flop": "FLOP", "op": "op", "b": "B", "byte": "B", "param": "", "": ""}

LONGEST = 100
"""More characters than any quantity that a person writes."""
LOWER_BOUND = "≥ "
UNKNOWN = "?"
PLUS, MINUS = "+", "−"


def human(value: int) -> str:
    """A count in three significant digits, exact below 1000.

    Example:
        >>> human(1_814_073_344), human(999_950), human(784)
        ('1.81 G', '1.00 M', '784')
    """
    return _scaled(value, 1000, DECIMAL)


def human_bytes(value: int) -> str:
    """A number of bytes in three significant digits, in binary units.

    Example:
        >>> human_bytes(46_758_048), human_bytes(1023)
        ('44.6 MiB', '1023 B')
    """
    return _scaled(value, 1024, BINARY)


def grouped(value: int) -> str:
    """The exact number, with thousands separators.

    Example:
        >>> grouped(1_814_073_344)
        '1,814,073,344'
    """
    return f"{value:,}"


def at_least(text: str) -> str:
    """A lower bound: the sum of what is known, where something is not.

    Example:
        >>> at_least(human(1_814_073_344))
        '≥ 1.81 G'
    """
    return LOWER_BOUND + text


def signed(value: int, show: Callable[[int], str]) -> str:
    """A difference: with its sign, unless there is none.

    Example:
        >>> signed(1234, grouped), signed(-5_600_000, human), signed(0, human)
        ('+1,234', '−5.60 M', '0')
    """
    return (MINUS if value < 0 else PLUS if value else "") + show(abs(value))


def told_apart(*values: int, binary: bool = False) -> tuple[str, ...]:
    """Numbers in three significant digits, or in full where some would look the same and are not.

    Example:
        >>> told_apart(12_626_000, 4_300_000), told_apart(4_300_001, 4_300_000)
        (('12.6 M', '4.30 M'), ('4,300,001', '4,300,000'))
    """
    texts = tuple(map(human_bytes if binary else human, values))
    if len(set(texts)) == len(set(values)):
        return texts
    return tuple(f"{value:,} B" if binary else grouped(value) for value in values)


def percent(part: int, whole: int) -> str:
    """A share with one decimal; what is little but not nothing says so. A part of a difference may run against it.

    Example:
        >>> percent(423, 1000), percent(1, 10**6), percent(0, 0), percent(-58, -100), percent(-58, 100)
        ('42.3 %', '<0.1 %', '0 %', '58.0 %', '−58.0 %')
    """
    if not part or not whole:
        return "0 %"
    sign = MINUS if (part < 0) != (whole < 0) else ""
    tenths = _divide(1000 * abs(part), abs(whole))
    return f"{sign}{tenths // 10}.{tenths % 10} %" if tenths else "<0.1 %"


def decimal(part: int, whole: int) -> str:
    """A ratio in three significant digits; what is over nothing has none.

    Example:
        >>> decimal(1, 8), decimal(1, 3), decimal(123_456, 10), decimal(2, 1), decimal(0, 7), decimal(1, 0)
        ('0.125', '0.333', '12,346', '2.00', '0', '–')
    """
    if not whole:
        return "–"
    if not part:
        return "0"
    places = 2
    while places < 9 and 10 ** (places - 2) * part < whole:
        places += 1
    while places and _divide(part * 10**places, whole) >= 1000:
        places -= 1
    digits = _divide(part * 10**places, whole)
    integer, fraction = divmod(digits, 10**places)
    return f"{integer:,}.{fraction:0{places}}" if places else f"{integer:,}"


def ratio(part: int, whole: int) -> str:
    """A share as a decimal fraction with six digits, for machines.

    Example:
        >>> ratio(1, 3), ratio(1, 1), ratio(-1, 2)
        ('0.333333', '1.000000', '-0.500000')
    """
    millionths = _divide(10**6 * abs(part), abs(whole)) if whole else 0
    sign = "-" if millionths and (part < 0) != (whole < 0) else ""
    return f"{sign}{millionths // 10**6}.{millionths % 10**6:06}"


NUMBER = (
    r"\s*(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d[\d_]*)(?:\.\d+)?)(?:e\+?(?P<exponent>\d{1,2}))?"
    r"(?P<gap>\s*)(?:(?P<prefix>[kKMGTPE])(?P<binary>i)?)?(?P<rest>\s*(?P<unit>B|(?i:mac|flop|op|byte|param)s?|))\s*"
)


def parse_quantity(text: str | int, unit: str = "") -> int:
    """The exact number that a person meant.

    Args:
        text: `4.2M`, `600 MMACs`, `5MiB`, `1,814,073,344`, `6e8`. Prefixes are decimal, except Ki, Mi, Gi ...; a part
            of such a one is rarely whole, and is rounded down: no number of bytes lies between.
        unit: The unit in which the number is wanted (`MAC`, `FLOP`, `op`, `B`, or empty for a plain count); a text that
            names another one is refused.

    Raises:
        UsageError: Not a number, not a whole one, or in another unit.

    Example:
        >>> parse_quantity("4.2M"), parse_quantity("600 MMACs", "MAC"), parse_quantity("5MiB", "B")
        (4200000, 600000000, 5242880)
        >>> parse_quantity("4.1MiB", "B")  # 4,299,161.6
        4299161
    """
    import re
    from fractions import Fraction

    if isinstance(text, int):
        return text
    match = re.fullmatch(NUMBER, text, re.ASCII) if len(text) <= LONGEST else None
    if not match:
        shown = text if len(text) <= LONGEST else f"{text[:20]}…"
        raise UsageError(f"'{shown}' is not a quantity", hint="write it as 4.2M, 600 MMACs, 5MiB or 1814073344")
    named = UNIT_WORDS[match["unit"].lower().removesuffix("s")]
    if named and named != unit:
        wanted = f"in {_plural(unit)}" if unit else "without a unit"
        raise UsageError(f"'{text}' is in {_plural(named)}, but is wanted {wanted}", hint=_unit_hint(named, unit))
    value = Fraction(match["digits"].replace(",", "").replace("_", "")) * scale_of(match)
    if value.denominator != 1 and not (match["binary"] and value > 1):
        raise UsageError(f"'{text}' is not a whole number")
    return int(value)


def scale_of(match: re.Match[str]) -> int:
    """What prefix and exponent of a `NUMBER` multiply its digits by."""
    prefix = match["prefix"]
    step = DECIMAL.index(prefix.upper()) if prefix else 0
    scale: int = (1024 if match["binary"] else 1000) ** step * 10 ** int(match["exponent"] or 0)
    return scale


def restated(value: int, like: str) -> str:
    """Another quantity, exactly, in the style in which a person wrote one: its unit, prefix and separators.

    Example:
        >>> restated(4_231_976, "4.3M"), restated(568_740_352, "570 MMACs"), restated(4_231_976, "4_300_000")
        ('4.231976M', '568.740352 MMACs', '4_231_976')
        >>> restated(5_242_880, "6MiB"), restated(5_242_881, "6MiB")
        ('5MiB', '5242881B')
        >>> restated(224, "4 KMACs"), restated(224_000, "4M"), restated(500_000, "0.6M"), restated(0, "4K")
        ('224 MACs', '224K', '0.5M', '0')
    """
    import re
    from fractions import Fraction

    match = re.fullmatch(NUMBER, like, re.ASCII)
    if not match:
        return str(value)
    gap, prefix, binary, rest = match.group("gap", "prefix", "binary", "rest")
    step = DECIMAL.index(prefix.upper()) if prefix else 0
    while step:
        base, places = (1024, 3) if binary else (1000, 9)
        scaled = Fraction(value, base**step) * 10**places
        if scaled.denominator == 1 and (scaled >= 10**places or match["digits"].startswith("0")):
            whole, fraction = divmod(scaled.numerator, 10**places)
            digits = f"{whole}.{fraction:0{places}}".rstrip("0").rstrip(".")
            letter = prefix if step == DECIMAL.index(prefix.upper()) else DECIMAL[step]
            return f"{digits}{gap}{letter}{binary or ''}{rest}"
        step -= 1
    separator = next((mark for mark in ",_" if mark in match["digits"] and not prefix), "")
    return f"{value:{separator}}{gap}{rest}".rstrip()


def parse_percent(text: str) -> Fraction:
    """The exact fraction that a percentage means.

    Raises:
        UsageError: It is no percentage.

    Example:
        >>> parse_percent("2%"), parse_percent("12.5 %")
        (Fraction(1, 50), Fraction(1, 8))
    """
    import re
    from fractions import Fraction

    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*%\s*", text, re.ASCII)
    if not match:
        raise UsageError(f"'{text}' is not a percentage", hint="write it as 2% or 12.5%")
    return Fraction(match[1]) / 100


def _plural(unit: str) -> str:
    return "bytes" if unit == "B" else f"{unit}s"


def _unit_hint(named: str, unit: str) -> str | None:
    if named == "B" and unit != "B":
        return "billions are written G: 7G"
    return "a MAC is a multiplication and an addition: name the metric that you mean" if unit else None


def _divide(numerator: int, denominator: int) -> int:
    """The nearest integer, half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _scaled(value: int, base: int, names: tuple[str, ...]) -> str:
    if value < base:
        return f"{value} {names[0]}".rstrip()
    for power, name in enumerate(names[1:], start=1):
        for decimals in (2, 1, 0):
            digits = _divide(value * 10**decimals, base**power)
            if digits < (1000 if decimals else base):
                whole, fraction = divmod(digits, 10**decimals)
                return f"{whole}.{fraction:0{decimals}} {name}" if decimals else f"{whole} {name}"
    return f"{_divide(value, base ** (len(names) - 1)):,} {names[-1]}"
