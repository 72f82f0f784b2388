from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.reduction import AllTrue, AnyTrue, Argmax, Argmin, Max, Mean, Min, Prod, Reduction, Sum
from tests.counting import Number, backward_ledger, indices, ledger, tallied
from tests.differentiating import Tape, Variable, total

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def mean(numbers: list[Number]) -> Number:
    return reduce(lambda a, b: a + b, numbers) / len(numbers)


DEFINITIONS: dict[type[Reduction], Callable[[list[Number]], Number]] = {
    Sum: lambda numbers: reduce(lambda a, b: a + b, numbers),
    Mean: mean,
    Prod: lambda numbers: reduce(lambda a, b: a * b, numbers),
    Max: lambda numbers: reduce(lambda a, b: a.maximum(b), numbers),
    Min: lambda numbers: reduce(lambda a, b: a.minimum(b), numbers),
    AnyTrue: lambda numbers: reduce(lambda a, b: a.maximum(b), numbers),
    AllTrue: lambda numbers: reduce(lambda a, b: a.minimum(b), numbers),
}


@given(st.sampled_from(list(DEFINITIONS)), SHAPES, st.booleans(), st.data())
def test_shapes_are_torchs_and_the_ledger_is_what_doing_it_performs(
    kind: type[Reduction], shape: tuple[int, ...], keepdim: bool, data: st.DataObject
) -> None:
    rank = len(shape)
    some = data.draw(st.lists(st.integers(0, rank - 1), unique=True, min_size=1, max_size=rank))
    axes = tuple(axis - rank * data.draw(st.booleans()) for axis in some)
    op = kind(axes=axes, keepdim=keepdim)
    expected = tuple(torch.empty(shape).sum(axes, keepdim).shape)
    assert op.infer(shape) == expected
    length = prod(shape[axis] for axis in axes)
    with tallied() as done:
        for _ in indices(expected):
            DEFINITIONS[kind]([Number() for _ in range(length)])
    assert ledger(op, shape) == done


def test_reduces_every_axis_but_the_batch_unless_told() -> None:
    assert Mean().infer((8, 3, 4, 5)) == (8,)
    assert Mean(keepdim=True).infer((8, 3, 4, 5)) == (8, 1, 1, 1)
    assert ledger(Mean(), (8, 3, 4, 5)) == {"add": 8 * 59, "div": 8}


@given(st.sampled_from([Argmax, Argmin]), SHAPES, st.booleans(), st.data())
def test_argmax_is_torchs(kind: type[Argmax], shape: tuple[int, ...], keepdim: bool, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    op = kind(axis=axis, keepdim=keepdim)
    expected = torch.empty(shape).argmax(axis, keepdim)
    assert op.infer(shape) == tuple(expected.shape)
    assert op.dtype("float32") == str(expected.dtype).removeprefix("torch.")
    with tallied() as done:
        for _ in indices(expected.shape):
            reduce(lambda a, b: a.maximum(b), [Number() for _ in range(shape[axis])])
    assert ledger(op, shape) == done


def test_whether_any_or_all_is_a_truth_value() -> None:
    assert {AnyTrue().dtype("float32"), AllTrue().dtype("bool")} == {"bool"}


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Sum(axes=(4,)), "axis 4 is out of range: the input has 4 axes"),
        (Mean(axes=(2, -2)), "axis 2 is named twice in [2, -2]"),
        (Argmax(axis=-5), "axis -5 is out of range: the input has 4 axes"),
    ],
)
def test_refuses(op: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64, 7, 7))
    assert caught.value.what == message


@given(st.sampled_from([Sum, Mean]), SHAPES, st.data())
def test_gradients_are_what_differentiating_it_performs(
    kind: type[Sum | Mean], shape: tuple[int, ...], data: st.DataObject
) -> None:
    axes = tuple(data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1)))
    tape = Tape()
    rows: dict[tuple[int, ...], list[Variable]] = {}
    for index, value in tape.array(shape).items():
        rows.setdefault(tuple(i for axis, i in enumerate(index) if axis not in axes), []).append(value)
    outputs = [total(row) if kind is Sum else total(row) / len(row) for row in rows.values()]
    assert backward_ledger(kind(axes=axes), shape) == tape.backward(outputs)


def test_an_extreme_hands_its_gradient_to_the_element_chosen() -> None:
    for op in (Max(), Min(), Argmax()):
        assert backward_ledger(op, (2, 3, 4)) == {}


def test_the_gradient_of_a_product_is_torchs() -> None:
    x = torch.rand(3, 4, dtype=torch.float64) + 0.5
    x.requires_grad_()
    y, dy = x.prod(1), torch.rand(3, dtype=torch.float64)
    (dx,) = torch.autograd.grad(y, x, dy)
    torch.testing.assert_close(dx, (dy * y)[:, None] / x)
    assert backward_ledger(Prod(axes=(1,)), (3, 4)) == {"mul": 3, "div": 12}
