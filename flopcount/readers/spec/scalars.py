"""What a plain scalar is: the core schema of YAML 1.2, with exact numbers.

So `on`, `yes`, `1:30` and `1_000` are text, `012` is twelve, and 0.1 is one tenth.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from ...errors import SpecError
from .wording import cut

LIMIT = 2**128
"""The largest numerator and denominator: far beyond any count, and small enough to compute with at once."""

TEXT: Final = object()
"""What `resolve` says of a scalar that is none of null, a boolean and a number."""

_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE]([-+]?[0-9]+))?")
_NO_SIZE = re.compile(r"(\.nan|\.NaN|\.NAN)|[-+]?(?:\.inf|\.Inf|\.INF)")
_MAX_CHARACTERS = 100
_MAX_EXPONENT = 60


@lru_cache(maxsize=4096)
def resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar, or `TEXT`.

    Example:
        >>> resolve("012"), resolve("0x1F"), resolve("0.1"), resolve("~"), resolve("yes") is TEXT
        (12, 31, Fraction(1, 10), None, True)

    Raises:
        SpecError: NaN, infinity, or a number beyond `LIMIT`.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return TEXT
    if _INTEGER.fullmatch(text):
        return exact(int(_short(text)))
    if found := _DECIMAL.fullmatch(text):
        if len(found[1] or "") > 5 or abs(int(found[1] or 0)) > _MAX_EXPONENT:
            raise SpecError(f"the number {cut(text, 20)} is out of range", hint="numbers go from 2^-128 to 2^128")
        return exact(Fraction(_short(text)))
    if _BASED.fullmatch(text):
        return exact(int(_short(text), 0))
    if found := _NO_SIZE.fullmatch(text):
        raise SpecError(f"{'NaN' if found[1] else 'infinity'} is not a size")
    return TEXT


def exact(value: int | Fraction) -> int | Fraction:
    """The same number, as an integer where it is one.

    Raises:
        SpecError: It is beyond `LIMIT`, or a fraction finer than that.
    """
    if isinstance(value, int):
        if -LIMIT <= value <= LIMIT:
            return value
        raise SpecError("a number is larger than 2^128")
    if value.denominator == 1:
        return exact(value.numerator)
    if abs(value.numerator) <= LIMIT and value.denominator <= LIMIT:
        return value
    raise SpecError("a fraction has more than 38 digits", hint="int(...) or round(...) along the way")


def _short(text: str) -> str:
    if len(text) > _MAX_CHARACTERS:
        raise SpecError(f"a number of {len(text):,} characters ({cut(text, 20)}) is too long")
    return text
