from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import SpecError
from flopcount.readers.spec.scalars import LIMIT, TEXT, exact, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("0", 0), ("-0", 0), ("+12", 12), ("012", 12), ("-019", -19), ("0o14", 12), ("0x1F", 31), ("0xff", 255),
        ("1.", 1), ("1.0", 1), (".5", Fraction(1, 2)), ("-.5", Fraction(-1, 2)), ("0.1", Fraction(1, 10)),
        ("1e9", 10**9), ("1.E3", 1000), ("+12.5e-1", Fraction(5, 4)), ("12e03", 12000), ("1e-5", Fraction(1, 100_000)),
    ],
)  # fmt: skip
def test_core_schema(text: str, value: Any) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "nUll", "none", "None", "tRUE", "yes", "no", "on", "off", "y", "Yes", "ON",
        "1:30", "1:30:00", "2001-01-01", "1_000", "0b101", "0o8", "0O7", "-0x1F", "+0o7", "0x", "1e", "1e+", ".",
        "+", "-", ".e3", "--1", "1,000", "1 000", "٣", "3\n", "3x224", "inf", "nan", ".Nan", "+.nan", "..", "=", "<<",
    ],
)  # fmt: skip
def test_everything_else_is_text(text: str) -> None:
    assert resolve(text) is TEXT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".nan", "NaN is not a size"),
        (".NaN", "NaN is not a size"),
        (".inf", "infinity is not a size"),
        ("-.INF", "infinity is not a size"),
        ("1e999999999", "the number 1e999999999 is out of range"),
        ("1e-999999999", "the number 1e-999999999 is out of range"),
        ("1e" + "9" * 10**6, "the number 1e999999999999999999... is out of range"),
        ("9" * 10**6, "a number of 1,000,000 characters (99999999999999999999...) is too long"),
        ("0." + "1" * 10**6, "a number of 1,000,002 characters (0.111111111111111111...) is too long"),
        ("0x" + "f" * 10**6, "a number of 1,000,002 characters (0xffffffffffffffffff...) is too long"),
        ("9" * 50, "a number is larger than 2^128"),
        ("-" + "9" * 50, "a number is larger than 2^128"),
        ("1e50", "a number is larger than 2^128"),
        ("1e-50", "a fraction has more than 38 digits"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolve(text)
    assert caught.value.what == message


@given(st.integers(-LIMIT, LIMIT))
def test_integers_come_back(number: int) -> None:
    assert resolve(str(number)) == number


@given(st.decimals(-(10**9), 10**9, places=6))
def test_decimals_are_exact(number: Any) -> None:
    assert resolve(str(number)) == Fraction(number)


@given(st.text(max_size=12))
def test_any_text_has_a_value_or_an_error(text: str) -> None:
    with suppress(SpecError):
        resolve(text)


def test_exact_normalises() -> None:
    assert type(exact(Fraction(6, 3))) is int
    assert exact(LIMIT) == LIMIT
    with pytest.raises(SpecError, match="larger than"):
        exact(-LIMIT - 1)
