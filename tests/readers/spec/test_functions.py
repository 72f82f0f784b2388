from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import SpecError
from flopcount.readers.spec.expression import parse
from flopcount.readers.spec.functions import FUNCTIONS, round_to

fractions = st.fractions(-1000, 1000, max_denominator=50)


def value(text: str, **env: Any) -> Any:
    return parse(text).evaluate(env)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int(2.9)", 2), ("int(-2.9)", -2), ("int(true)", 1), ("int(3 > 4)", 0),
        ("round(2.5)", 2), ("round(3.5)", 4), ("floor(-0.5)", -1), ("ceil(0.5)", 1),
        ("abs(-3)", 3), ("abs(-0.5)", Fraction(1, 2)),
        ("min(3, 1, 2)", 1), ("max([1, 5, 2])", 5), ("max(7)", 7),
        ("len([1, 2])", 2), ("len('abc')", 3), ("len([])", 0),
        ("sum([1, 0.5, 0.5])", 2), ("sum([])", 0),
        ("range(3)", [0, 1, 2]), ("range(1, 3)", [1, 2]), ("range(6, 0, -2)", [6, 4, 2]), ("range(3, 0)", []),
        ("round8(32 * 0.75)", 24), ("round8(1)", 8), ("round8(19)", 24), ("round_to(10, 4)", 12),
    ],
)  # fmt: skip
def test_value(text: str, expected: Any) -> None:
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@given(fractions)
def test_rounding_is_pythons(x: Fraction) -> None:
    ours = [value(f"{name}(x)", x=x) for name in ("int", "round", "floor", "ceil", "abs")]
    assert ours == [int(x), round(x), math.floor(x), math.ceil(x), abs(x)]


@given(st.integers(-40, 40), st.integers(-40, 40), st.integers(-9, 9).filter(bool))
def test_range_is_pythons(start: int, stop: int, step: int) -> None:
    assert value("range(a, b, c)", a=start, b=stop, c=step) == list(range(start, stop, step))


@given(st.fractions(Fraction(1, 10), 4000, max_denominator=100), st.integers(1, 32))
def test_round_to_is_a_near_multiple_and_loses_no_more_than_a_tenth(x: Fraction, multiple: int) -> None:
    rounded = round_to(x, multiple)
    assert rounded % multiple == 0
    assert rounded >= multiple
    assert 10 * rounded >= 9 * x
    assert abs(rounded - x) <= Fraction(multiple, 2) or rounded == multiple or 10 * (rounded - multiple) < 9 * x


@pytest.mark.parametrize("width", ["0.25", "0.5", "0.75", "1.0", "1.375"])
def test_round8_agrees_with_the_published_rule(width: str) -> None:
    for size in range(8, 1281, 8):
        assert value(f"round8({size} * {width})") == published(size * float(width))


def test_round8_is_exact_where_floats_miss_a_half() -> None:
    assert value("round8(720 * 0.35)") == 256  # 252 is half way and halves go up; 720 * 0.35 is 251.99999999999997
    assert published(720 * 0.35) == 248


def published(v: float) -> int:
    """MobileNets' rule in floating point."""
    nearest = max(8, int(v + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * v else nearest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int('3')", "int(): a number was expected, not text"),
        ("round(true)", "round(): a number was expected, not true or false"),
        ("round([1])", "round(): a number was expected, not a list"),
        ("max([])", "max(): an empty list has none"),
        ("max([1, 'a'])", "max(): a number was expected, not text"),
        ("max()", "max() takes at least 1 argument, not 0"),
        ("len(3)", "len(): a list was expected, not a number"),
        ("sum(3)", "sum(): a list was expected, not a number"),
        ("sum([[1]])", "sum(): a number was expected, not a list"),
        ("range(0.5)", "range(): an integer was expected, not 1/2"),
        ("range(null)", "range(): an integer was expected, not null"),
        ("range(1, 2, 0)", "range(): its step is zero"),
        ("range()", "range() takes 1 to 3 arguments, not 0"),
        ("round8(1, 2)", "round8() takes 1 argument, not 2"),
        ("round_to(1)", "round_to() takes 2 arguments, not 1"),
        ("round_to(1, 0)", "round_to(): a positive multiple was expected, not 0"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        value(text)
    assert caught.value.what == message


@pytest.mark.parametrize("name", FUNCTIONS)
@given(st.lists(st.sampled_from([None, True, 0, -3, Fraction(1, 2), "a", [], [1], 2**128, -(2**128)]), max_size=3))
def test_any_arguments_give_a_value_or_a_spec_error(name: str, arguments: list[Any]) -> None:
    env = {f"a{i}": argument for i, argument in enumerate(arguments)}
    with suppress(SpecError):
        value(f"{name}({', '.join(env)})", **env)
