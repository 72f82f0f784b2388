from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopcount.conventions import CONVENTIONS, LECTURE, find_convention
from flopcount.engine import count
from flopcount.errors import UsageError
from flopcount.graph import GraphBuilder
from flopcount.metrics import METRICS
from flopcount.op import KINDS, Work, add, bias_add, cmp, dot, special
from flopcount.ops import OPS as NAMES
from flopcount.ops import find_op
from flopcount.ops.activation import ReLU
from flopcount.ops.attention import Attention
from flopcount.ops.conv import Conv
from flopcount.ops.linear import Linear
from flopcount.ops.norm import BatchNorm
from flopcount.ops.pool import MaxPool
from flopcount.tools import Rule, Use, nothing, per_input, unknown

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


TWO = (1, 2, 4, 4)


def used(tag: str, **fields: Any) -> Use:
    op = find_op(tag)(**fields)
    return Use(op, op.work(TWO, op.infer(TWO)) or (), (TWO,), (op.infer(TWO),))


def test_rules_are_applied_one_after_another() -> None:
    double = Rule("twice", (), lambda use: (*use.work, *use.work))
    convention = replace(LECTURE, rules=(Rule("3 per input", ("relu",), per_input(3)), double))
    assert convention.total(used("relu")) == 2 * 3 * 32
    assert convention.total(used("conv", out=1, kernel=1)) == 2 * (LECTURE.total(used("conv", out=1, kernel=1)) or 0)
    assert [*convention.errors(used("relu"))] == []


def test_errors_are_the_wrong_rules_that_change_a_price() -> None:
    free = Rule("free", ("conv",), nothing, wrong=True)
    same = Rule("the same", ("conv",), lambda use: tuple(use.work), wrong=True)
    lost = Rule("unknown", ("conv",), unknown, wrong=True)
    conv = used("conv", out=1, kernel=1)
    convention = replace(LECTURE, rules=(same, free, lost, free))
    assert [*convention.errors(conv)] == [free, lost]
    assert convention.total(conv) is None
    assert [*convention.adjusted(count=["conv"]).errors(conv)] == []
    assert convention.adjusted(count=["conv"]).total(conv) == LECTURE.total(conv)


def test_a_rule_is_about_one_phase() -> None:
    conv = used("conv", out=1, kernel=1)
    backward = replace(dot(10, 5), phase="grad_weight")
    convention = replace(LECTURE, rules=(Rule("free", (), nothing, phase="grad_weight"),))
    assert convention.ledger(replace(conv, work=(*conv.work, backward))) == tuple(conv.work)
    forward = replace(LECTURE, rules=(Rule("free", (), nothing),))
    assert forward.ledger(replace(conv, work=(*conv.work, backward))) == (backward,)


def test_a_layer_in_a_loop_is_priced_as_often_as_it_runs() -> None:
    builder = GraphBuilder("loop")
    builder.add(BatchNorm(), [builder.input("x", TWO)], name="bn", trips=3)
    (layer,) = count(builder.build([])).layers
    assert METRICS["count"].measure(layer, CONVENTIONS["fvcore"]) == 3 * 2 * 32
    assert METRICS["count"].measure(layer, CONVENTIONS["arithmetic"]) == 3 * (
        CONVENTIONS["arithmetic"].total(layer.use) or 0
    )


def test_every_rule_has_a_name_of_its_own_and_ops_that_exist() -> None:
    for convention in CONVENTIONS.values():
        for rule in convention.rules:
            assert set(rule.ops) <= {*NAMES}
            assert rule.name == rule.name.strip(".") != ""
