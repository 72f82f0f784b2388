from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops.softmax import LogSoftmax, Softmax
from tests.counting import Number, ledger, tallied, total
from tests.ops.definitions import Array, largest, packed, special, unpacked

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
