from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import SpecError
from flopcount.readers.spec.document import compose
from flopcount.readers.spec.flow import braced, joined, keyed, prose, text_scalar, value_pieces, value_scalar
from flopcount.readers.spec.scalars import resolve

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
WORDS = (
    "null",
    "Null",
    "~",
    "true",
    "no",
    "ON",
    "y",
    "1",
    "1.5",
    "1e5",
    "0x1F",
    "1_000",
    "-",
    "-1",
    "---",
    "...",
    "<<",
)
MARKS = ("", "a: b", "a #b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "? a", "a:", "{a}", "[a]", "it's", '"')


def value_of(text: str) -> Any:
    """The value of the key `k`, by the reader's own composer."""
    (pair,) = compose(text, "net.yaml").value
    assert pair[0].value == "k"
    return pair[1]


@given(TEXT)
def test_any_text_survives(text: str) -> None:
    node = value_of(f"{{k: {text_scalar(text)}}}")
    assert node.value == text
    assert yaml.safe_load(f"{{k: {text_scalar(text)}}}") == {"k": text}  # and no other reader mistakes it
    assert "\n" not in text_scalar(text)


@pytest.mark.parametrize("text", WORDS + MARKS)
def test_what_could_be_mistaken_is_quoted(text: str) -> None:
    assert text_scalar(text)[0] in "'\""
    assert yaml.safe_load(f"{{k: {text_scalar(text)}}}") == {"k": text}
    assert yaml.safe_load(prose("k", text)) == {"k": text}


@pytest.mark.parametrize("text", ["conv1", "layer1.0.conv1", "x_0", "down-sample", "nullable", "true.false", "a.1"])
def test_plain_names_are_plain(text: str) -> None:
    assert text_scalar(text) == text


@given(TEXT | st.lists(st.sampled_from(["word", "a:", "#", "-", "", "'", "é", "?", "\t", "\n"])).map(" ".join))
def test_a_sentence_survives_on_however_many_lines(text: str) -> None:
    written = prose("k", text)
    assert value_of(written).value == text
    assert yaml.safe_load(written) == {"k": text}


def test_a_long_sentence_is_folded() -> None:
    text = prose("about", "many words - and no end " * 12 + "of them")
    assert max(map(len, text.splitlines())) <= 120
    assert text.splitlines()[0].startswith("about: many words - and")
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_number_survives_exactly_or_is_refused(number: float) -> None:
    try:
        text = value_scalar(number)
    except SpecError:
        assert abs(number) > 2**128 or Fraction(number).limit_denominator(2**90) != number
    else:
        read = resolve(text)
        assert (float(read) if isinstance(read, Fraction) else read) == number


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 1e300, 2**129, -(2**5000), 1e-300, object()])
def test_a_number_that_the_language_has_not(number: Any) -> None:
    with pytest.raises(SpecError, match="a spec has no number like this one"):
        value_scalar(number)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-3, "-3"), (True, "true"), (False, "false"), (None, "null"), ("same", "same"), (2.0, "2"),
        (0.1, "0.1"), (1e-05, "1e-05"), ((3,), "[3]"), ((), "[]"), (((1, 2), 0), "[[1, 2], 0]"), ("i,j->", "'i,j->'"),
    ],
)  # fmt: skip
def test_values(value: Any, text: str) -> None:
    assert value_scalar(value) == text
    assert ", ".join(value_pieces(value)) == text


def test_a_long_line_is_broken_between_values() -> None:
    pieces = keyed("- concat", braced([*keyed("from", braced([f"layer{i}" for i in range(40)], "[]")), "axis: 1"]))
    lines = joined(pieces, "  ").splitlines()
    assert len(lines) > 2
    assert all(100 < len(line) <= 120 for line in lines[:-1])
    assert yaml.safe_load("\n".join(lines)) == [{"concat": {"from": [f"layer{i}" for i in range(40)], "axis": 1}}]


def test_a_name_is_never_broken() -> None:
    assert joined(["a" * 200, "b" * 200], "  ") == f"{'a' * 200},\n  {'b' * 200}"
