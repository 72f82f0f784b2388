"""Reading formulas back: the oracle that what is printed, brackets and all, means the number beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SIGNS = str.maketrans({"·": "*", "−": "-", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"})


def _divisor(a: Fraction, b: Fraction) -> Fraction:
    assert a.denominator == b.denominator == 1
    return Fraction(math.gcd(a.numerator, b.numerator))


def read(formula: str, letters: Mapping[str, int] | None = None) -> Fraction:
    """The value of a printed formula, computed exactly and by Python's own grammar."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: "**" + power[0].translate(_SUPERSCRIPT), formula)
    text = re.sub(r"(?<!\*\*)\b\d+", r"Fraction(\g<0>)", text.translate(_SIGNS))
    for letter in sorted(letters or {}, key=len, reverse=True):  # Python's identifiers know no primes
        text = re.sub(rf"\b{letter}(?![\w′])", f"letters[{letter.encode().hex()!r}]", text)
    names: dict[str, Any] = {
        "Fraction": Fraction,
        "floor": math.floor,
        "ceil": math.ceil,
        "min": min,
        "max": max,
        "gcd": _divisor,
        "letters": {letter.encode().hex(): Fraction(value) for letter, value in (letters or {}).items()},
    }
    return Fraction(eval(text, {"__builtins__": {}}, names))
