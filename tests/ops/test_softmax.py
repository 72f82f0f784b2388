from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops.softmax import LogSoftmax, Softmax
from tests.counting import Number, array, backward_ledger, ledger, tallied, total
from tests.ops.definitions import Array, gradient, largest, packed, special, unpacked

Rows = list[list[tuple[int, ...]]]


def softmax(op: Op, x: Array, rows: Rows) -> Array:
    """Softmax or its logarithm by its definition."""
    y: Array = {}
    for row in rows:
        top = largest([x[i] for i in row])
        shifted = {i: x[i] - top for i in row}
        exponentials = {i: special(torch.exp, shifted[i]) for i in row}
        summed = total(exponentials.values())
        if isinstance(op, Softmax):
            y |= {i: exponentials[i] / summed for i in row}
        else:
            logarithm = special(torch.log, summed)
            y |= {i: shifted[i] - logarithm for i in row}
    return y


def rows_along(shape: tuple[int, ...], axis: int) -> Rows:
    """The indices of every row along an axis."""
    numbered = torch.arange(torch.Size(shape).numel()).reshape(shape).movedim(axis, -1).flatten(0, -2)
    places = torch.cartesian_prod(*map(torch.arange, shape)).reshape(-1, len(shape)).tolist()
    return [[tuple(places[n]) for n in row] for row in numbered.tolist()]


@pytest.mark.parametrize("kind", [Softmax, LogSoftmax])
@given(shape=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple), data=st.data())
def test_ledger_is_that_of_a_definition_that_computes_what_torch_does(
    kind: type[Softmax | LogSoftmax], shape: tuple[int, ...], data: st.DataObject
) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    op = kind(axis=axis)
    rows = rows_along(shape, axis)
    x = torch.randn(shape, dtype=torch.float64)
    expected = torch.softmax(x, axis) if kind is Softmax else torch.log_softmax(x, axis)
    torch.testing.assert_close(packed(softmax(op, unpacked(x), rows), shape), expected)
    assert op.infer(shape) == tuple(expected.shape)
    with tallied() as done:
        softmax(op, {i: Number() for row in rows for i in row}, rows)
    assert ledger(op, shape) == +done


def test_refuses_an_axis_that_is_not_there() -> None:
    with pytest.raises(OpError) as caught:
        Softmax(axis=2).check((1, 1000))
    assert caught.value.what == "axis 2 is out of range: the input has 2 axes"


def softmax_gradient(op: Op, y: Array, e: Array, dy: Array, rows: Rows) -> Array:
    """The gradient of softmax or its logarithm by its definition, from what the forward pass has computed."""
    dx: Array = {}
    for row in rows:
        if isinstance(op, Softmax):
            summed = total([dy[i] * y[i] for i in row])
            dx |= {i: y[i] * (dy[i] - summed) for i in row}
        else:
            factor = total([dy[i] for i in row]) / sum_of(e, row)
            dx |= {i: dy[i] - e[i] * factor for i in row}
    return dx


def sum_of(e: Array, row: list[tuple[int, ...]]) -> Any:
    """The sum of exponentials, which the forward pass has computed: nothing is tallied."""
    return Number() if isinstance(e[row[0]], Number) else sum(e[i] for i in row)


@pytest.mark.parametrize("kind", [Softmax, LogSoftmax])
@given(shape=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple), data=st.data())
def test_gradient_is_that_of_a_definition_that_computes_what_torch_does(
    kind: type[Softmax | LogSoftmax], shape: tuple[int, ...], data: st.DataObject
) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    op, rows = kind(axis=axis), rows_along(shape, axis)
    x, dy = torch.randn(shape, dtype=torch.float64), torch.randn(shape, dtype=torch.float64)
    function = torch.softmax if kind is Softmax else torch.log_softmax
    (expected,) = gradient(lambda x: function(x, axis), x, dy=dy)
    e = unpacked((x - x.amax(axis, keepdim=True)).exp())
    given_dx = softmax_gradient(op, unpacked(function(x, axis)), e, unpacked(dy), rows)
    torch.testing.assert_close(packed(given_dx, shape), expected)
    with tallied() as done:
        softmax_gradient(op, array(shape), array(shape), array(shape), rows)
    assert backward_ledger(op, shape) == +done
