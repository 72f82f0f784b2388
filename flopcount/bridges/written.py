"""A number as somebody wrote it: `4.13G` says no more than its three digits."""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

from ..errors import UsageError
from ..units import LONGEST, NUMBER, UNIT_WORDS, scale_of

PRINTED = (
    (r"(?<=[\d\s])B(?=\s*((?i:flop|mac|op)s?)?\s*$)", "G"),  # torch's counter, Darknet: 8.178B, 65.9 BFLOPs
    (r"(?i)flops(?=\s*$)", "FLOPs"),  # calflops, DeepSpeed: 8.21 GFLOPS
    (r"(?i)(multi?-?adds?|m-?adds?)(?=\s*$)", "MACs"),  # torchinfo, papers: 569M mult-adds
    (r"(?<=\d)E(?=[+\d])", "e"),  # spreadsheets: 4.13E+09
    (r"(?<=\d{4})\.0(?=\s*$)", ""),  # thop returns a float: 4133742592.0
)
"""How tools write what is otherwise written `G`, `FLOPs`, `MACs`, `e` and without decimals."""

ZEROS = 3
"""An integer that ends in so many zeros is taken for a rounded one."""


class Written(Struct, frozen=True):
    """A number, and what it leaves open.

    Attributes:
        text: As it was written.
        value: What it says.
        half: How far the exact number may be from it: half of the last digit, 0 where every digit is there.
        unit: `MAC`, `FLOP` or `op`, if it names one.
    """

    text: str
    value: Fraction
    half: Fraction
    unit: str = ""

    def matches(self, number: Fraction | int) -> str:
        """`exact`, `rounded`, or empty where it is another number.

        Example:
            >>> read_written("4.13G").matches(4_133_742_592), read_written("4.13G").matches(4_111_512_576)
            ('rounded', '')
        """
        if number == self.value:
            return "exact" if not self.half else "rounded"
        return "rounded" if abs(number - self.value) <= self.half else ""


def read_written(text: str) -> Written:
    """Read a number that somebody printed.

    Args:
        text: `4133742592`, `4,133,742,592`, `4.13G`, `4.1 GFLOPs`, or as a tool prints it: see `PRINTED`.

    Raises:
        UsageError: It is no number, or not one of operations.

    Example:
        >>> read_written("4.1 GFLOPs")
        Written(text='4.1 GFLOPs', value=Fraction(4100000000, 1), half=Fraction(50000000, 1), unit='FLOP')
        >>> read_written("4,133,742,592").half
        Fraction(0, 1)
    """
    match = re.fullmatch(NUMBER, _plain(text), re.ASCII) if len(text) <= LONGEST else None
    if not match:
        raise UsageError(
            f"'{text[:LONGEST]}' is not a number", hint="write it as it was printed: 4133742592, 4.13G, 4.1 GFLOPs"
        )
    unit = UNIT_WORDS[match["unit"].lower().removesuffix("s")]
    if unit == "B" or match["binary"]:
        raise UsageError(f"'{text}' is in bytes, and operations are counted", hint="billions are written G: 4.1G")
    scale = scale_of(match)
    digits = match["digits"].replace(",", "").replace("_", "")
    decimals = len(digits.partition(".")[2])
    value = Fraction(digits) * scale
    last = Fraction(scale, 10**decimals)
    if scale == 1 and not decimals:
        zeros = len(digits) - len(digits.rstrip("0"))
        last = Fraction(10**zeros if zeros >= ZEROS else 0)
    if scale == 1 and decimals:
        raise UsageError(f"'{text}' is not a whole number", hint=f"if it is in billions, write {text.strip()}G")
    if not value:
        raise UsageError("nothing counts 0")
    return Written(text, value, last / 2, unit)


def _plain(text: str) -> str:
    """What a tool printed, in the words that a quantity has.

    Example:
        >>> _plain("8.178B"), _plain("8.21 GFLOPS"), _plain("4133742592.0"), _plain("5 GB")
        ('8.178G', '8.21 GFLOPs', '4133742592', '5 GB')
    """
    for pattern, word in PRINTED:
        text = re.sub(pattern, word, text)
    return text
