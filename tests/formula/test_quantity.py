from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import UsageError
from flopcount.formula.quantity import Quantity, ceil_div, floor_div, gcd, maximum, minimum, prod, where, whole
from tests.reading import read

LETTERS = {"D1": 6, "D2": 12, "F": 3, "S": 2, "P": 0, "g": 3}


def sizes(opened: bool = False) -> dict[str, Quantity]:
    return {letter: Quantity.of(letter, None if opened else value) for letter, value in LETTERS.items()}


leaves = st.one_of(st.sampled_from(sorted(LETTERS)), st.integers(-4, 4))


def trees(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "min", "max"]), children, children),
        st.tuples(st.sampled_from(["//", "ceil", "%", "gcd"]), children, st.sampled_from(["D1", "F", "S", "g", 1, 2])),
        st.tuples(st.just("**"), children, st.integers(0, 2)),
        st.tuples(st.just("whole"), children, st.just(1)),
    )


expressions = st.recursive(leaves, trees, max_leaves=8)


def computed(tree: Any, names: dict[str, Any]) -> Any:
    """An expression by Python's operators, whatever its leaves are."""
    if isinstance(tree, str):
        return names[tree]
    if isinstance(tree, int):
        return tree
    sign, left, right = tree[0], computed(tree[1], names), computed(tree[2], names)
    operations: dict[str, Any] = {
        "+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "**": lambda: left**right,
        "//": lambda: floor_div(left, right), "%": lambda: left % right, "ceil": lambda: ceil_div(left, right),
        "min": lambda: minimum(left, right), "max": lambda: maximum(left, right), "gcd": lambda: gcd(left, right),
        "whole": lambda: whole(left),
    }  # fmt: skip
    return operations[sign]()


@given(expressions)
def test_value_and_printed_text_are_what_integers_give(tree: Any) -> None:
    expected = computed(tree, LETTERS)
    quantity = Quantity.lift(computed(tree, sizes()))
    assert quantity.value == expected
    assert read(quantity.substituted()) == expected
    assert read(quantity.formula(), LETTERS) == expected


@given(expressions)
def test_open_sizes_bound_later_give_the_same(tree: Any) -> None:
    quantity = Quantity.lift(computed(tree, sizes(opened=True)))
    assert quantity.evaluate(**LETTERS) == computed(tree, LETTERS)
    assert read(quantity.formula(), LETTERS) == computed(tree, LETTERS)


@given(expressions)
def test_grouping_changes_text_not_value(tree: Any) -> None:
    names = sizes()
    outputs = names["D2"] * names["S"]
    quantity = Quantity.lift(computed(tree, names)) * outputs
    formula, substitution = quantity.grouped(outputs)
    assert read(formula, LETTERS) == read(substitution) == quantity.value


def texts(quantity: Quantity) -> tuple[str, str]:
    return quantity.formula(), quantity.substituted()


def test_lectures_convolution() -> None:
    d1, d2, f = Quantity.of("D1", 3), Quantity.of("D2", 96), Quantity.of("F", 11)
    h2, w2 = Quantity.of("H2", 55), Quantity.of("W2", 55)
    outputs = 1 * d2 * prod((h2, w2))
    products = d1 // 1 * prod((f, f)) * outputs
    with_bias, without = 2 * products - outputs + outputs, 2 * products - outputs
    assert with_bias.grouped(outputs) == ("(2·D1·F²)·D2·H2·W2", "(2·3·11²)·96·55·55")
    assert with_bias.value == 210_830_400
    assert without.grouped(outputs)[0] == "(2·D1·F² − 1)·D2·H2·W2"
    assert texts(prod((d2, d1, f, f)) + d2) == ("(D1·F² + 1)·D2", "(3·11² + 1)·96")


@pytest.mark.parametrize(
    ("height", "stride", "formula", "substitution"),
    [
        (227, 4, "(H1 − F + 2·P)/S + 1", "(227 − 11 + 2·0)/4 + 1"),
        (228, 4, "⌊(H1 − F + 2·P)/S⌋ + 1", "⌊(228 − 11 + 2·0)/4⌋ + 1"),
        (227, 1, "(H1 − F + 2·P)/S + 1", "(227 − 11 + 2·0)/1 + 1"),
        (None, 4, "⌊(H1 − F + 2·P)/S⌋ + 1", "⌊(H1 − 11 + 2·0)/4⌋ + 1"),
    ],
)
def test_a_window_keeps_its_division(height: int | None, stride: int, formula: str, substitution: str) -> None:
    h1, f, p, s = Quantity.of("H1", height), Quantity.of("F", 11), Quantity.of("P", 0), Quantity.of("S", stride)
    assert texts(floor_div(h1 - (1 * (f - 1) + 1) + 2 * p, s) + 1) == (formula, substitution)


D, G, H = Quantity.of("D1", 64), Quantity.of("g", 4), Quantity.of("H")


@pytest.mark.parametrize(
    ("quantity", "formula"),
    [
        (D // G, "D1/g"),
        (D // G * G, "D1"),
        (D // 5, "⌊D1/5⌋"),
        (D // 2, "D1/2"),
        (D // G * 3 * G**2, "3·D1·g"),
        (H // G, "⌊H/g⌋"),
        (H * D // G, "H·D1/g"),
        ((2 * H + 4) // 2, "H + 2"),
        (H * (H + 1) // 2, "⌊(H + 1)·H/2⌋"),
        (ceil_div(H, 2), "⌈H/2⌉"),
        (ceil_div(D, 2), "D1/2"),
        (100 // D, "⌊100/D1⌋"),
        ((D - 1) // 7 * G, "((D1 − 1)/7)·g"),
        (((D - 1) // 7) ** 2, "((D1 − 1)/7)²"),
        (whole(D**2) ** 2 * G, "(D1²)²·g"),
        (minimum(D, H) * G, "min(D1, H)·g"),
        (maximum(H - 1, 0), "max(H − 1, 0)"),
        (maximum(0, D - 1), "D1 − 1"),
        (maximum(H, H), "H"),
        (maximum(D, Quantity.of("D2", 64)), "D1"),
        (gcd(D, G), "gcd(D1, g)"),
        (3 - H, "3 − H"),
        (-H, "−H"),
        (-H * (D + G), "(−D1 − g)·H"),
        (4 * H * D + 2 * H, "(2·D1 + 1)·2·H"),
        (D - D, "0"),
        (D % 5, "D1 − 5·⌊D1/5⌋"),
        (where(True, H, D), "H"),
        (sum([H, H, D]), "2·H + D1"),
    ],
)
def test_notation(quantity: Quantity, formula: str) -> None:
    assert quantity.formula() == formula


def test_a_negative_number_is_bracketed() -> None:
    assert (D - 2 * Quantity.of("P", -1)).substituted() == "64 − 2·(−1)"


def test_a_quotient_of_one_or_a_divisor_of_one_needs_no_group() -> None:
    assert (D * G).grouped(D * G)[0] == "D1·g"
    assert (D * G).grouped(1)[0] == "D1·g"
    assert (D + G).grouped(H)[0] == "D1 + g"


def test_an_open_size_has_no_value() -> None:
    with pytest.raises(UsageError) as caught:
        (H * D).evaluate(W=3)
    assert caught.value.what == "H of H·D1 is open"
    assert caught.value.hint == "bind them: evaluate(H=...)"


def test_comparisons_are_by_value() -> None:
    assert D == 64
    assert D != G
    assert D > G >= 4 > G - 1
    assert D <= 64
    assert (D == "same") is False
    assert Quantity.of("H") == H != D
    assert len({D, 64, Quantity.of("H"), H}) == 2
    assert not D - 64
    assert [0] * G == [0] * 4


def test_a_fraction_of_a_size_rounds_where_it_is_rounded() -> None:
    assert (D * 0.5 // 1).value == 32
    assert (D * 0.3 // 1).value == 19
    with pytest.raises(UsageError, match="not an integer"):
        _ = (Quantity.of("H", 7) * 0.5).value


def test_helpers_serve_arrays_element_by_element() -> None:
    a, b = np.array([7, 8, 9]), np.array([2, 8, 10])
    assert ceil_div(a, b).tolist() == [4, 1, 1]
    assert minimum(a, b).tolist() == [2, 8, 9]
    assert maximum(a, b).tolist() == [7, 8, 10]
    assert where(a > 7, a, 0).tolist() == [0, 8, 9]


@given(st.integers(-20, 20), st.integers(1, 20))
def test_helpers_are_exact_on_integers(a: int, b: int) -> None:
    assert ceil_div(a, b) == math.ceil(a / b)
    assert (minimum(a, b), maximum(a, b), gcd(a, b)) == (min(a, b), max(a, b), math.gcd(a, b))
    assert type(minimum(a, b)) is int
