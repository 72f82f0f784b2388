from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.conventions import CONVENTIONS, KINDS, LECTURE, find_convention
from flopcount.errors import UsageError
from flopcount.op import Work, add, bias_add, cmp, dot, special
from flopcount.ops.activation import ReLU
from flopcount.ops.attention import Attention
from flopcount.ops.conv import Conv
from flopcount.ops.linear import Linear
from flopcount.ops.norm import BatchNorm
from flopcount.ops.pool import MaxPool

OPS = {
    "conv": Conv(out=1, kernel=1), "linear": Linear(out=1), "bn": BatchNorm(), "relu": ReLU(),
    "maxpool": MaxPool(kernel=2), "attention": Attention(heads=1),
}  # fmt: skip
LENGTHS, OUTPUTS = st.integers(1, 500), st.integers(1, 500)
(BIAS,) = bias_add(True, 10)


@given(LENGTHS, OUTPUTS)
def test_the_lectures_formula(length: int, outputs: int) -> None:
    """[(D1·F²) + (D1·F² - 1) + 1]·D2·H2·W2 with the bias, one addition less per output without."""
    (bias,) = bias_add(True, outputs)
    without = LECTURE.price(dot(length * outputs, outputs), OPS["conv"])
    assert without == (length + (length - 1)) * outputs
    assert without + LECTURE.price(bias, OPS["conv"]) == (length + (length - 1) + 1) * outputs


@pytest.mark.parametrize(
    ("name", "plain", "bias", "other", "masked"),
    [
        ("lecture", 190, 10, 0, 0),
        ("macs", 100, 0, 0, 0),
        ("torch", 200, 0, 0, 200),
        ("arithmetic", 190, 10, 7, 0),
    ],
)
def test_prices(name: str, plain: int, bias: int, other: int, masked: int) -> None:
    price = CONVENTIONS[name].price
    assert price(dot(100, 10), OPS["conv"]) == plain
    assert price(BIAS, OPS["conv"]) == bias
    assert {price(make(7), OPS["bn"]) for make in (add, cmp, special)} == {other}
    assert price(dot(100, 0, role="masked"), OPS["attention"]) == masked


def test_counted_ops_have_every_primitive_priced_at_one() -> None:
    convention = LECTURE.adjusted(count=["bn", "relu"])
    assert (convention.price(cmp(7), OPS["relu"]), convention.price(cmp(7), OPS["maxpool"])) == (7, 0)
    assert convention.price(dot(100, 10), OPS["conv"]) == 190
    assert LECTURE.counted == ()


@pytest.mark.parametrize(
    ("ignored", "work", "tag"),
    [("bias", BIAS, "conv"), ("conv", dot(100, 10), "conv"), ("dot", dot(100, 10), "linear")],
)
def test_ignored_ops_roles_and_kinds_are_free(ignored: str, work: Work, tag: str) -> None:
    assert LECTURE.price(work, OPS[tag])
    assert LECTURE.adjusted(ignore=[ignored]).price(work, OPS[tag]) == 0


def test_ignoring_wins_over_counting() -> None:
    assert LECTURE.adjusted(count=["bn"], ignore=["bn"]).price(add(7), OPS["bn"]) == 0


def test_adjustments_add_up() -> None:
    twice = LECTURE.adjusted(count=["bn"]).adjusted(count=["relu"], ignore=KINDS)
    assert (twice.counted, twice.ignored) == (("bn", "relu"), KINDS)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_every_convention_says_what_it_is(name: str) -> None:
    convention = find_convention(name)
    assert (convention.name, convention.unit in ("FLOP", "MAC", "op")) == (name, True)
    assert convention.summary
    assert convention.source


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="unknown convention 'mac'"):
        find_convention("mac")
    with pytest.raises(UsageError, match="unknown op 'bias'"):
        LECTURE.adjusted(count=["bias"])
    with pytest.raises(UsageError, match="cannot ignore 'biases'") as caught:
        LECTURE.adjusted(ignore=["biases"])
    assert caught.value.hint == "did you mean 'bias'?"


def test_counting_an_op_prices_its_bias_too() -> None:
    assert find_convention("macs").adjusted(count=["linear"]).price(add(10, role="bias"), OPS["linear"]) == 10
    assert find_convention("macs").price(add(10, role="bias"), OPS["linear"]) == 0
