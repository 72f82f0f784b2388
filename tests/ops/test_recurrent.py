from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.errors import OpError
from flopcount.ops.recurrent import GRU, LSTM, RNN, Recurrent
from tests import differentiating
from tests.counting import (
    Number,
    array,
    backward_in_letters,
    backward_ledger,
    dot_product,
    ledger,
    ledger_in_letters,
    tallied,
)  # fmt: skip
from tests.differentiating import Tape, Variable
from tests.torchs import counted_backward, priced_backward

Vector = list[Number]
Gate = Callable[[Vector, Vector], tuple[Vector, Vector]]
MODULES: Any = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


@st.composite
def networks(draw: st.DrawFn) -> tuple[Recurrent, tuple[int, ...]]:
    hidden = draw(st.integers(2, 4))
    common: Any = {
        "hidden": hidden, "layers": draw(st.integers(1, 3)), "bidirectional": draw(st.booleans()),
        "bias": draw(st.booleans()), "sequence": draw(st.booleans()),
    }  # fmt: skip
    nonlinearity: Any = draw(st.sampled_from(["tanh", "relu"]))
    op = draw(
        st.sampled_from(
            [
                RNN(**common, nonlinearity=nonlinearity),
                LSTM(**common, proj=draw(st.none() | st.integers(1, hidden - 1))),
                GRU(**common),
            ]
        )
    )
    return op, (draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3)))


def module_of(op: Recurrent, shape: tuple[int, ...]) -> Any:
    extra = {"proj_size": op.proj or 0} if isinstance(op, LSTM) else {}
    return MODULES[op.tag](
        shape[-1], op.hidden, op.layers, bias=op.bias, batch_first=True, bidirectional=op.bidirectional, device="meta",
        **extra,
    )  # fmt: skip


def linear(x: Vector, out: int, bias: bool) -> Vector:
    y = [dot_product(x, array([len(x)]).values()) for _ in range(out)]
    return [value + Number() for value in y] if bias else y


def step(op: Recurrent, x: Vector, h: Vector) -> Vector:
    """One step of one direction of one layer, as torch documents it; returns the next hidden state."""
    size = op.hidden
    gates = [(linear(x, size, op.bias), linear(h, size, op.bias)) for _ in range(op.gates)]

    def joined(gate: int) -> Vector:
        return [a + b for a, b in zip(*gates[gate], strict=True)]

    if isinstance(op, RNN):
        return [value.special() if op.nonlinearity == "tanh" else value.maximum() for value in joined(0)]
    if isinstance(op, GRU):
        r, z = ([value.special() for value in joined(gate)] for gate in (0, 1))
        n = [(a + k * b).special() for a, b, k in zip(*gates[2], r, strict=True)]
        return [(1 - k) * a + k * b for k, a, b in zip(z, n, h, strict=True)]
    i, f, o = ([value.special() for value in joined(gate)] for gate in (0, 1, 2))
    g = [value.special() for value in joined(3)]
    c = [k * Number() + a * b for k, a, b in zip(f, i, g, strict=True)]
    out = [k * value.special() for k, value in zip(o, c, strict=True)]
    assert isinstance(op, LSTM)
    return out if op.proj is None else linear(out, op.proj, bias=False)


def run(op: Recurrent, shape: tuple[int, ...]) -> None:
    n, t, d = shape
    state = op.proj if isinstance(op, LSTM) and op.proj else op.hidden
    directions = 2 if op.bidirectional else 1
    for _ in range(n):
        features = d
        for _ in range(op.layers):
            for _ in range(directions):
                h = [Number() for _ in range(state)]
                for _ in range(t):
                    h = step(op, [Number() for _ in range(features)], h)
            features = directions * state


@given(networks())
def test_shapes_and_parameters_are_torchs(case: tuple[Recurrent, tuple[int, ...]]) -> None:
    op, shape = case
    module = module_of(op, shape)
    y, _ = module(torch.empty(shape, device="meta"))
    op.check(shape)
    assert op.infer(shape) == tuple((y if op.sequence else y[:, -1]).shape)
    assert list(op.weights(shape).items()) == [(name, tuple(w.shape)) for name, w in module.named_parameters()]


@given(networks())
def test_ledger_is_what_doing_it_performs(case: tuple[Recurrent, tuple[int, ...]]) -> None:
    op, shape = case
    with tallied() as done:
        run(op, shape)
    assert ledger(op, shape) == done


@given(networks())
def test_formulas_in_letters_count_the_same(case: tuple[Recurrent, tuple[int, ...]]) -> None:
    op, shape = case
    assert ledger_in_letters(op, shape) == ledger(op, shape)


@pytest.mark.filterwarnings("ignore:TF32 acceleration")
@pytest.mark.parametrize("op", [RNN(hidden=8, layers=2), LSTM(hidden=8, layers=2), GRU(hidden=8, layers=2)], ids=str)
def test_torch_prices_the_same(op: Recurrent) -> None:
    shape = (3, 5, 4)
    with torch.backends.mkldnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
        module_of(op, shape).to_empty(device="cpu")(torch.zeros(shape))
    work = op.work(shape, op.infer(shape))
    assert sum(CONVENTIONS["torch"].price(entry, op) for entry in work) == counter.get_total_flops()


def test_parts_tell_the_products_apart() -> None:
    op = LSTM(hidden=10, proj=4, bidirectional=True)
    parts = {entry.part: entry.count for entry in op.work((1, 7, 3), op.infer((1, 7, 3))) if entry.kind == "dot"}
    assert parts == {"input": 2 * 7 * 40 * 3, "hidden": 2 * 7 * 40 * 4, "projection": 2 * 7 * 10 * 4}


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (GRU(hidden=8), (1, 8), "needs batch, steps and features, not 2 axes"),
        (GRU(hidden=8, layers=10**9), (1, 5, 8), "layers must be at most 1024, not 1000000000"),
        (LSTM(hidden=8, proj=8), (1, 5, 8), "proj 8 must be smaller than hidden 8"),
    ],
)
def test_refuses(op: Recurrent, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(shape)
    assert caught.value.what == message


def test_refuses_first_states_that_do_not_fit() -> None:
    with pytest.raises(OpError, match="the first state is 4×1×8, not 2×1×8"):
        GRU(hidden=8, layers=2, bidirectional=True).check((1, 5, 3), (2, 1, 8))
    with pytest.raises(OpError, match="a first state needs the cell's beside it"):
        LSTM(hidden=8).check((1, 5, 3), (1, 1, 8))


Values = list[Variable]


class Differentiated:
    """A recurrent network by its definition, on numbers that remember how they were made."""

    def __init__(self, op: Recurrent, shape: tuple[int, ...], wanted: bool, first: bool = False) -> None:
        self.op, self.tape, self.first = op, Tape(), first
        self.weights = {name: self.tape.array(size) for name, size in op.weights(shape).items()}
        n, t, d = shape
        self.outputs: Values = []
        for _ in range(n):
            x = [[self.tape.variable(wanted) for _ in range(d)] for _ in range(t)]
            for layer in range(op.layers):
                suffixes = ("", "_reverse") if op.bidirectional else ("",)
                directions = [self.direction(x, f"l{layer}{suffix}", suffix) for suffix in suffixes]
                x = [[*chain(*states)] for states in zip(*directions, strict=True)]
            self.outputs += chain(*x)

    def direction(self, x: list[Values], name: str, suffix: str) -> list[Values]:
        proj = self.op.proj if isinstance(self.op, LSTM) else None
        h = [self.tape.variable(self.first) for _ in range(proj or self.op.hidden)]
        c = [self.tape.variable(self.first) for _ in range(self.op.hidden)]
        states = []
        for value in reversed(x) if suffix else x:
            h, c = self.step(value, h, c, name)
            states.append(h)
        return states[::-1] if suffix else states

    def linear(self, x: Values, name: str) -> Values:
        weight, bias = self.weights[f"weight_{name}"], self.weights.get(f"bias_{name}")
        rows = 1 + max(row for row, _ in weight)
        y = [differentiating.dot_product(x, [weight[row, i] for i in range(len(x))]) for row in range(rows)]
        return [value + bias[row,] for row, value in enumerate(y)] if bias else y

    def step(self, x: Values, h: Values, c: Values, name: str) -> tuple[Values, Values]:
        op, size = self.op, self.op.hidden
        read, fed = self.linear(x, f"ih_{name}"), self.linear(h, f"hh_{name}")
        a, b = ([values[gate * size : (gate + 1) * size] for gate in range(op.gates)] for values in (read, fed))

        def joined(gate: int) -> Values:
            return [left + right for left, right in zip(a[gate], b[gate], strict=True)]

        if isinstance(op, RNN):
            return [value.tanh() if op.nonlinearity == "tanh" else value.masked() for value in joined(0)], c
        if isinstance(op, GRU):
            r, z = ([value.sigmoid() for value in joined(gate)] for gate in (0, 1))
            new = [(left + k * right).tanh() for left, right, k in zip(a[2], b[2], r, strict=True)]
            return [(1 - k) * left + k * right for k, left, right in zip(z, new, h, strict=True)], c
        i, f, o = ([value.sigmoid() for value in joined(gate)] for gate in (0, 1, 2))
        g = [value.tanh() for value in joined(3)]
        c = [k * old + left * right for k, old, left, right in zip(f, c, i, g, strict=True)]
        y = [k * value.tanh() for k, value in zip(o, c, strict=True)]
        return (y if f"weight_hr_{name}" not in self.weights else self.linear(y, f"hr_{name}")), c


@settings(max_examples=25)
@given(networks(), st.booleans())
def test_gradients_are_what_differentiating_it_performs(case: tuple[Recurrent, tuple[int, ...]], wanted: bool) -> None:
    drawn, shape = case
    op = replace(drawn, sequence=True)
    network = Differentiated(op, shape, wanted)
    to: list[int | str] = [*op.weights(shape), *([0] if wanted else [])]
    assert backward_ledger(op, shape, to=to) == network.tape.backward(network.outputs)


def first_states(op: Recurrent, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    number = op.layers * (1 + op.bidirectional)
    size = op.proj if isinstance(op, LSTM) and op.proj else op.hidden
    return [(number, shape[0], size), *([(number, shape[0], op.hidden)] if isinstance(op, LSTM) else [])]


@settings(max_examples=25)
@given(networks())
def test_first_states_that_are_given_have_gradients_too(case: tuple[Recurrent, tuple[int, ...]]) -> None:
    drawn, shape = case
    op = replace(drawn, sequence=True)
    shapes = (shape, *first_states(op, shape))
    network = Differentiated(op, shape, wanted=True, first=True)
    assert backward_ledger(op, *shapes) == network.tape.backward(network.outputs)
    assert backward_ledger(op, *shapes, to=[*op.weights(shape), 0]) == backward_ledger(op, shape)
    assert backward_in_letters(op, *shapes) == backward_ledger(op, *shapes)
    assert ledger(op, *shapes) == ledger(op, shape)


@given(networks())
def test_gradients_in_letters_count_the_same(case: tuple[Recurrent, tuple[int, ...]]) -> None:
    op, shape = case
    assert backward_in_letters(op, shape) == backward_ledger(op, shape)


@pytest.mark.parametrize("wanted", [False, True])
@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_torch_prices_the_gradients_the_same(kind: Any, bidirectional: bool, sequence: bool, wanted: bool) -> None:
    op, shape = kind(hidden=8, layers=2, bidirectional=bidirectional, sequence=sequence), (3, 5, 4)
    module = module_of(op, shape)
    x = torch.empty(shape, device="meta", requires_grad=wanted)
    counted = counted_backward(lambda x: module(x)[0] if sequence else module(x)[0][:, -1], x)
    assert priced_backward(op, shape, to=[*op.weights(shape), *([0] if wanted else [])]) == counted
