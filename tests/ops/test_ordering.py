from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.op import dtypes_of
from flopcount.ops.ordering import FREE, NMS, CumProd, CumSum, Sort, TopK
from tests.counting import Number, backward_ledger, indices, ledger, tallied

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(SHAPES, st.data())
def test_topk_and_sort_are_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    k = data.draw(st.integers(1, shape[axis]))
    top = TopK(k=k, axis=axis)
    top.check(shape)
    assert top.infer(shape) == [tuple(part.shape) for part in torch.zeros(shape).topk(k, axis)]
    assert Sort(axis=axis).infer(shape) == [tuple(part.shape) for part in torch.zeros(shape).sort(axis)]


def test_places_are_integers_whatever_the_elements_are() -> None:
    x = torch.zeros(3, 4, dtype=torch.float16)
    for op, made in ((TopK(k=2), x.topk(2)), (Sort(), x.sort())):
        assert dtypes_of(op, ["float16"], 2, "float32") == [str(part.dtype).removeprefix("torch.") for part in made]


def test_what_is_declared_free_says_so() -> None:
    for op, shapes in ((TopK(k=2), [(3, 4)]), (Sort(), [(3, 4)]), (NMS(kept=2), [(7, 4), (7,)])):
        assert ledger(op, *shapes) == {}
        assert op.citation == FREE


@given(SHAPES, st.data())
def test_running_sums_and_products_are_what_doing_them_performs(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    rows = [size for place, size in enumerate(shape) if place != axis % len(shape)]
    for op, primitive in ((CumSum(axis=axis), Number.__add__), (CumProd(axis=axis), Number.__mul__)):
        assert op.infer(shape) == shape
        with tallied() as done:
            for _ in indices(rows):
                reduce(primitive, [Number() for _ in range(shape[axis])])
        assert ledger(op, shape) == done


def test_suppression_keeps_as_many_as_it_is_told() -> None:
    assert NMS(kept=100).infer((8732, 4), (8732,)) == (100,)
    assert NMS(kept=100, triples=True).infer((1, 8732, 4), (1, 80, 8732)) == (100, 3)
    assert NMS(kept=100).dtype("float32", "float32") == "int64"


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (TopK(k=5), ((3, 4),), "asks for 5 of an axis of 4"),
        (TopK(k=5, axis=2), ((3, 4),), "axis 2 is out of range: the input has 2 axes"),
        (Sort(axis=2), ((3, 4),), "axis 2 is out of range: the input has 2 axes"),
        (CumSum(axis=2), ((3, 4),), "axis 2 is out of range: the input has 2 axes"),
        (NMS(kept=1), ((7, 4), (8,)), "needs boxes of four numbers with a score each, not 7×4 and 8"),
        (NMS(kept=1), ((7, 4), ()), "needs boxes of four numbers with a score each, not 7×4 and scalar"),
    ],
)
def test_refuses(op: Any, shapes: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(*shapes)
    assert caught.value.what == message


def test_gradients_of_running_sums_run_back() -> None:
    assert backward_ledger(CumSum(axis=1), (2, 10)) == {"add": 18}
    assert backward_ledger(TopK(k=2), (3, 4)) == {}
