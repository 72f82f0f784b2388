from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flopcount.errors import SpecError
from flopcount.readers.spec.expression import TORN_HINT, parse

ENV: dict[str, Any] = {
    "width": Fraction(1, 2), "stride": 2, "i": 0, "depths": [3, 4, 6, 3], "bias": True, "name": "same", "nothing": None,
}  # fmt: skip


class Shape:
    """What a layer's input looks like to an expression."""

    def get_attribute(self, name: str) -> Any:
        if name != "channels":
            raise SpecError(f"input has no '{name}'")
        return 64


def value(text: str, **env: Any) -> Any:
    return parse(text).evaluate({**ENV, "input": Shape(), **env})


def refusal(text: str, **env: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        value(text, **env)
    assert caught.value.facts["expression"].startswith(text[:100])
    assert caught.value.where is None
    return caught.value


numbers = st.one_of(
    st.integers(0, 20).map(str), st.sampled_from(["0.1", "2.5", ".5", "1.", "1e2", "25e-1"]), st.sampled_from("abc")
)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Numbers made of numbers, with and without parentheses, so that precedence matters."""
    signs = st.sampled_from(["+", "-", "*", "/", "//", "%", "and", "or"])
    compare = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    simple = st.builds("({}) {} {}".format, inner, compare, inner)
    condition = (
        simple | st.builds("not {}".format, simple) | st.builds("({}) < ({}) <= ({})".format, inner, inner, inner)
    )
    return st.one_of(
        st.builds("{} {} {}".format, inner, signs, inner),
        st.builds("({})".format, inner),
        st.builds("- {}".format, inner),
        st.builds("{} ** {}".format, inner, st.sampled_from(["2", "- 1", "2 ** 2", "- 2 ** 0"])),
        st.builds("({} if {} else {})".format, inner, condition, inner),
        st.builds("{} if {} and {} else {}".format, inner, condition, condition, inner),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("[ {}, {} ][{}]".format, inner, inner, st.sampled_from(["0", "-1"])),
    )


@given(st.recursive(numbers, larger, max_leaves=12))
def test_equals_python_over_fractions(text: str) -> None:
    env = {"a": 3, "b": Fraction(7, 4), "c": 0}
    try:
        ours = value(text, **env)
    except SpecError as error:
        assume(error.what == "division by zero")
        with pytest.raises(ZeroDivisionError):
            python(text, env)
        return
    theirs = python(text, env)
    assert ours == theirs
    assert type(ours) is (int if theirs.denominator == 1 else Fraction)


def python(text: str, env: dict[str, Any]) -> Fraction:
    """The value by Python itself, every number but an index (which has no space before it) a fraction."""
    source = re.sub(r"(?<![\[\d.e-])(?<!\[-)(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", r"F('\g<0>')", text)
    return Fraction(
        eval(source, {"F": Fraction, "max": max, **{name: Fraction(number) for name, number in env.items()}})
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16", 16),
        ("012", 12),
        ("0x10 + 0o10", 24),
        ("0.1 * 30", 3),
        ("0.1 + 0.2 == 0.3", True),
        ("1/3 * 3", 1),
        ("width", Fraction(1, 2)),
        ("32*width", 16),
        ("-2 ** 2", -4),
        ("2 ** -1", Fraction(1, 2)),
        ("2 ** 3 ** 2", 512),
        ("7 // 2 * 2 + 7 % 2", 7),
        ("-7 // 2", -4),
        ("- - 3", 3),
        ("+3", 3),
        ("stride if i == 0 else 1", 2),
        ("1 if i else 2 if stride else 3", 2),
        ("stride != 1 or input.channels != 4*16", True),
        ("not bias and stride", False),
        ("not stride == 1", True),
        ("0 < stride < 3", True),
        ("0 < stride < 2", False),
        ("stride in [1, 2]", True),
        ("stride not in depths", True),
        ("name == 'same'", True),
        ('name != "valid"', True),
        ("'a' < 'b'", True),
        ("'am' in name", True),
        ("'a' + 'b'", "ab"),
        ("nothing == null", True),
        ("[true, True, false, None]", [True, True, False, None]),
        ("depths[0] + depths[-1]", 6),
        ("depths[1:]", [4, 6, 3]),
        ("depths[:-1]", [3, 4, 6]),
        ("depths[::2]", [3, 6]),
        ("depths[1:3:1]", [4, 6]),
        ("depths[1:][0]", 4),
        ("[1, 2] + [3]", [1, 2, 3]),
        ("2 * [0] + [1,]", [0, 0, 1]),
        ("[]", []),
        ("false and 1/0", False),
        ("1 if true else 1/0", 1),
        ("1 **-0 ** 0", 1),
        ("0 ** 0", 1),
        ("1 ** (2 ** 100)", 1),
        ("  4 *\n 2 ", 8),
    ],
)
def test_value(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_python_agrees_on_what_floats_get_wrong() -> None:
    assert value("0.1 * 3 == 0.3")
    assert value("int(0.29 * 100)") == 29


def test_names_are_known_before_evaluation() -> None:
    assert parse("max(width, input.channels) if i else 'i'").names == {"width", "input", "i"}


def test_equal_texts_are_parsed_once() -> None:
    assert parse("4*mid") is parse("4*mid")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("widht * 2", "unknown parameter 'widht'", "did you mean 'width'?"),
        ("max * 2", "'max' is a function", "write max(...)"),
        ("celi(3)", "unknown function 'celi'", "did you mean 'ceil'?"),
        ("input.chanels", "input has no 'chanels'", None),
        ("depths.first", "there is no '.first' in a list", None),
        ("width.__class__", "there is no '.__class__' in a number", None),
        ("1 / (i - i)", "division by zero", None),
        ("1 // 0", "division by zero", None),
        ("1 % 0", "division by zero", None),
        ("0 ** -1", "division by zero", None),
        ("depths + 1", "cannot add a list and a number", None),
        ("name - 1", "cannot subtract text and a number", None),
        ("null * 2", "cannot multiply null and a number", None),
        ("name * 2", "cannot multiply text and a number", None),
        ("input * 2", "cannot multiply something that has attributes and a number", None),
        ("-name", "cannot negate text", None),
        ("depths < 1", "cannot compare a list and a number", None),
        ("1 in 2", "`in` needs a list on its right, not a number", None),
        (
            "8 * (i == 0)",
            "cannot multiply a number and true or false",
            "int(condition) is 1 or 0; `a if condition else b` chooses",
        ),
        ("2 ** 0.5", "a power must be an integer, not 1/2", "roots are not exact"),
        ("depths[4]", "index 4 is beyond a list of 4", "the first element is [0]"),
        ("depths[0.5]", "an index must be an integer, not 1/2", None),
        ("depths[name]", "an index must be an integer, not text", None),
        ("depths[name:]", "a slice goes from integer to integer, not text", None),
        ("depths[::0]", "the step of a slice is zero", None),
        ("stride[0]", "only a list has [...], not a number", None),
        ("stride[0:]", "only a list has [...], not a number", None),
        ("depths[]", "an index is missing between [ and ]", None),
        ("depths[1 2]", "unexpected '2', where ']' belongs", "an operator belongs between two values, as in 4*mid"),
        ("", "the expression is empty", None),
        (" ", "the expression is empty", None),
        ("1 +", "the expression ends too early", None),
        ("4 mid", "unexpected 'mid'", "an operator belongs between two values, as in 4*mid"),
        ("32width", "unexpected 'width'", "an operator belongs between two values, as in 4*mid"),
        ("2(3)", "unexpected '('", "an operator belongs between two values, as in 4*mid"),
        ("1 if i", "the expression ends too early, where 'else' belongs", None),
        ("1 + not 2", "unexpected 'not'", "an operator belongs between two values, as in 4*mid"),
        ("input.2", "unexpected '.2'", "an operator belongs between two values, as in 4*mid"),
        ("input.", "the expression ends too early, where the name of an attribute belongs", None),
        ("2 ^ 3", "unexpected '^'", "a power is written **"),
        ("i = 0", "unexpected '='", "equality is written =="),
        ("i && 1", "unexpected '&'", "write `and`"),
        ("!i", "unexpected '!'", "write `not`"),
        ("i ? 1 : 2", "unexpected '?'", "a choice is written `a if condition else b`"),
        ("lambda: 0", "unexpected ':'", None),
        ("'a", "a quote is opened and not closed", TORN_HINT),
        ("max(8", "the expression ends too early, where ')' belongs", TORN_HINT),
        ("max(8,", "the expression ends too early", TORN_HINT),
        ("c)", "unexpected ')'", TORN_HINT),
        ("[a", "the expression ends too early, where ']' belongs", TORN_HINT),
        ("0]", "unexpected ']'", TORN_HINT),
        ("a{0", "unexpected '{'", TORN_HINT),
    ],
)
def test_refuses(text: str, message: str, hint: str | None) -> None:
    error = refusal(text)
    assert error.what == message
    assert error.hint == hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9**9**9", "9 ** 387420489 is out of range"),
        ("2**1000000", "2 ** 1000000 is out of range"),
        ("0.5**1000000", "1/2 ** 1000000 is out of range"),
        ("1e30 * 1e30", "a number is larger than 2^128"),
        ("1e-30 / 3e30", "a fraction has more than 38 digits"),
        ("1e999999999", "the number 1e999999999 is out of range"),
        ("9" * 999, f"a number of 999 characters ({'9' * 20}...) is too long"),
        ("range(10**9)", "range(): a list or text has more than 100,000 elements"),
        ("[0] * 10**9", "a list or text has more than 100,000 elements"),
        ("[[0] * 50000] * 3", "a list or text has more than 100,000 elements"),
        ("[range(60000), range(60000)]", "a list or text has more than 100,000 elements"),
        ("range(60000) + range(60000)", "a list or text has more than 100,000 elements"),
        ("[[[[[[[[[0]]]]]]]]]", "lists are nested more than 8 deep"),
        ("(" * 100 + "1", "nested more than 50 deep"),
        ("-" * 100 + "1", "nested more than 50 deep"),
        ("not " * 100 + "1", "nested more than 50 deep"),
        ("2 ** " * 100 + "1", "nested more than 50 deep"),
        ("1+" * 300 + "1", "an expression of 601 words and signs is too long"),
        ("1" * 10**6, "an expression of 1,000,000 characters is too long"),
    ],
)
def test_is_bounded(text: str, message: str) -> None:
    assert refusal(text).what == message


def test_long_chains_within_the_bounds() -> None:
    assert value("1" + "+1" * 199) == 200


def test_doubling_a_text_is_bounded() -> None:
    assert refusal("s + s", s="x" * 60_000).what == "a list or text has more than 100,000 elements"


@given(st.text(alphabet="ab01.'\"()[]{},:+-*/%<>=! \n\t#@$\\ifelsnotrdé²", max_size=40))
def test_any_text_is_a_value_or_a_spec_error(text: str) -> None:
    with suppress(SpecError):
        parse(text).evaluate({"a": 2, "b": [1, 2]})


def test_a_constant_that_fails_does_so_only_where_it_is_used() -> None:
    broken = parse("1 / 0")
    with pytest.raises(SpecError, match="division by zero"):
        broken.evaluate({})
