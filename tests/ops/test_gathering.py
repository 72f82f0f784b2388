from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.gathering import Gather, GatherElements, GatherND, OneHot, Scatter, ScatterND, Tril, Triu
from tests.counting import Number, backward_ledger, indices, ledger, tallied

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(SHAPES, st.lists(st.integers(1, 4), max_size=3).map(tuple), st.data())
def test_gather_is_numpys_take(shape: tuple[int, ...], places: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    op = Gather(axis=axis)
    expected = np.take(np.zeros(shape), np.zeros(places, dtype=np.int64), axis)
    op.check(shape, places)
    assert op.infer(shape, places) == expected.shape
    assert ledger(op, shape, places) == {}


@given(SHAPES, st.data())
def test_gather_elements_and_scatter_are_torchs(shape: tuple[int, ...], data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    smaller = tuple(data.draw(st.integers(1, size)) for size in shape)
    places = torch.zeros(smaller, dtype=torch.int64)
    x = torch.zeros(shape)
    gathered = GatherElements(axis=axis)
    gathered.check(shape, smaller)
    assert gathered.infer(shape, smaller) == tuple(x.gather(axis, places).shape)
    scattered = Scatter(axis=axis)
    assert scattered.infer(shape, smaller, smaller) == tuple(x.scatter(axis, places, torch.ones(smaller)).shape)
    assert ledger(gathered, shape, smaller) == ledger(scattered, shape, smaller, smaller) == {}


@pytest.mark.parametrize(
    ("reduce", "primitive"), [("add", Number.__add__), ("mul", Number.__mul__), ("max", Number.maximum)]
)
def test_what_is_joined_counts(reduce: Any, primitive: Any) -> None:
    with tallied() as done:
        for _ in indices((3, 5)):
            primitive(Number(), Number())
    assert ledger(Scatter(reduce=reduce), (7, 5), (3, 5), (3, 5)) == done
    assert ledger(ScatterND(reduce=reduce), (7, 5), (3, 1), (3, 5)) == done


@given(st.lists(st.integers(1, 3), max_size=2), st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data())
def test_gather_nd_is_indexing_by_tuples(batch: list[int], rest: list[int], data: st.DataObject) -> None:
    depth = data.draw(st.integers(1, len(rest)))
    middle = data.draw(st.lists(st.integers(1, 3), max_size=2))
    x = np.zeros((*batch, *rest))
    places = np.zeros((*batch, *middle, depth), dtype=np.int64)
    rows = x.reshape(-1, *rest)
    found = [
        row[tuple(np.moveaxis(place, -1, 0))]
        for row, place in zip(rows, places.reshape(len(rows), *middle, depth), strict=True)
    ]
    expected = np.stack(found).reshape((*batch, *found[0].shape))
    op = GatherND(batch_axes=len(batch))
    op.check(x.shape, places.shape)
    assert op.infer(x.shape, places.shape) == expected.shape
    assert ledger(op, x.shape, places.shape) == {}


@given(SHAPES, st.integers(1, 5), st.data())
def test_one_hot_is_a_comparison_with_each_class(shape: tuple[int, ...], depth: int, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    expected = torch.nn.functional.one_hot(torch.zeros(shape, dtype=torch.int64), depth).movedim(-1, axis)
    op = OneHot(depth=depth, axis=axis)
    assert op.infer(shape) == tuple(expected.shape)
    with tallied() as done:
        for _ in indices(expected.shape):
            Number().maximum(Number())
    assert ledger(op, shape) == done


def test_triangles_keep_the_shape_and_are_free() -> None:
    assert Tril().infer((2, 3, 4)) == Triu().infer((2, 3, 4)) == (2, 3, 4)
    assert ledger(Tril(), (2, 3, 4)) == {}


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (Gather(axis=2), ((3, 4), (5,)), "axis 2 is out of range: the input has 2 axes"),
        (GatherElements(), ((3, 4), (5,)), "places 5 and input 3×4 must have as many axes"),
        (GatherND(), ((3, 4), (5, 3)), "3 indices a place, but the input has 2 axes to index"),
        (GatherND(batch_axes=1), ((3, 4), (2, 1)), "batch axes 3 and 2 differ"),
        (GatherND(batch_axes=1), ((3, 4), (3,)), "places 3 have no axis of indices after 1 batch axes"),
        (Scatter(), ((3, 4), (2, 4), (1, 4)), "2×4 places for 1×4 updates: the shapes must be equal"),
        (ScatterND(), ((3, 4), (2, 3), (2,)), "places 2×3 do not index an input of 2 axes"),
        (ScatterND(), ((3, 4), (2, 1), (2, 5)), "updates are 2×5, but the places ask for 2×4"),
        (OneHot(depth=3, axis=4), ((3, 4),), "axis 4 is out of range: the output has 3 axes"),
        (Tril(), ((3,),), "needs a matrix, not 3"),
    ],
)
def test_refuses(op: Any, shapes: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(*shapes)
    assert caught.value.what == message


def test_gradients_are_added_to_the_places_that_were_looked_up() -> None:
    assert backward_ledger(Gather(axis=1), (2, 3), (5,)) == {"add": 10}
    assert backward_ledger(Tril(), (3, 3)) == backward_ledger(OneHot(depth=3), (4,)) == {}
