from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.joining import Add, Concat, Div, Maximum, Minimum, Mul, Stack, Sub
from tests.counting import Number, backward_ledger, indices, ledger, tallied
from tests.differentiating import Tape, Variable

BINARY: dict[str, tuple[Any, Any, Callable[[Number, Number], Number]]] = {
    "add": (Add(), torch.add, lambda a, b: a + b),
    "mul": (Mul(), torch.mul, lambda a, b: a * b),
    "sub": (Sub(), torch.sub, lambda a, b: a - b),
    "div": (Div(), torch.div, lambda a, b: a / b),
    "maximum": (Maximum(), torch.maximum, lambda a, b: a.maximum(b)),
    "minimum": (Minimum(), torch.minimum, lambda a, b: a.minimum(b)),
}
MANY = ("add", "mul", "maximum", "minimum")


def meta(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.empty(shape, device="meta")


@st.composite
def broadcasting(draw: st.DrawFn, least: int, most: int) -> list[tuple[int, ...]]:
    """Shapes that join, with axes of size 1 and leading axes left out here and there."""
    full = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    return [
        tuple(draw(st.sampled_from((size, 1))) for size in full[draw(st.integers(0, len(full) - 1)) :])
        for _ in range(draw(st.integers(least, most)))
    ]


def check_against_torch_and_by_doing(name: str, shapes: list[tuple[int, ...]]) -> None:
    op, reference, primitive = BINARY[name]
    expected = tuple(reduce(reference, map(meta, shapes)).shape)
    assert op.infer(*shapes) == expected
    with tallied() as done:
        for _ in indices(expected):
            reduce(primitive, [Number() for _ in shapes])
    assert ledger(op, *shapes) == done


@given(st.sampled_from(sorted(BINARY)), broadcasting(2, 2))
def test_two_inputs_join_as_torchs(name: str, shapes: list[tuple[int, ...]]) -> None:
    check_against_torch_and_by_doing(name, shapes)


@given(st.sampled_from(MANY), broadcasting(1, 4))
def test_any_number_of_inputs_joins(name: str, shapes: list[tuple[int, ...]]) -> None:
    check_against_torch_and_by_doing(name, shapes)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_refuses_exactly_the_shapes_that_torch_refuses(shape: list[int], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    try:
        meta(tuple(shape)) + meta(tuple(other))
    except RuntimeError:
        with pytest.raises(OpError, match="do not join"):
            Add().check(tuple(shape), tuple(other))
    else:
        Add().check(tuple(shape), tuple(other))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_concat_and_stack_shapes_are_torchs(shape: list[int], data: st.DataObject) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    joined = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    shapes = [tuple(size if i == axis % len(shape) else s for i, s in enumerate(shape)) for size in joined]
    op = Concat(axis=axis)
    op.check(*shapes)
    assert op.infer(*shapes) == tuple(torch.cat(list(map(meta, shapes)), axis).shape)
    assert ledger(op, *shapes) == {}

    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    same = [tuple(shape)] * len(joined)
    stack = Stack(axis=axis)
    stack.check(*same)
    assert stack.infer(*same) == tuple(torch.stack(list(map(meta, same)), axis).shape)


def test_says_which_axis_does_not_join_and_what_to_do() -> None:
    with pytest.raises(OpError) as caught:
        Add().check((1, 256, 56, 56), (1, 64, 56, 56))
    assert caught.value.what == "1×256×56×56 and 1×64×56×56 do not join: axis 1 is 256 against 64"
    assert caught.value.hint == (
        "sizes must be equal, or one of them 1; "
        "a 1×1 convolution brings 64 channels to 256: conv: {out: 256, kernel: 1}"
    )


@pytest.mark.parametrize(
    ("op", "shapes", "message", "hint"),
    [
        (Add(), [(1, 8, 56, 56), (1, 8, 28, 28)], "axis 3 is 56 against 28", "strides"),
        (Mul(), [(1, 64, 7, 7), (1, 64)], "1×64×7×7 and 1×64 do not join: axis 3 is 7 against 64", "unsqueeze"),
        (Add(), [(1, 8), (1, 1), (1, 9)], "1×8 and 1×9 do not join: axis 1 is 8 against 9", "equal"),
        (Concat(), [(1, 8, 7, 7), (1, 8, 7, 6)], "along axis 1: axis 3 is 7 against 6", "strides"),
        (Concat(), [(1, 8, 7), (1, 8)], "cannot concatenate 1×8×7 and 1×8: 3 axes against 2", None),
        (Concat(axis=3), [(1, 8)], "axis 3 is out of range: the input has 2 axes", "last is 1"),
        (Stack(axis=4), [(1, 8)], "axis 4 is out of range: the output has 3 axes", "last is 2"),
        (Stack(), [(1, 8), (1, 7)], "cannot stack 1×8 and 1×7: the shapes must be equal", None),
    ],
)
def test_refuses(op: Any, shapes: list[tuple[int, ...]], message: str, hint: str | None) -> None:
    with pytest.raises(OpError) as caught:
        op.check(*shapes)
    assert message in caught.value.what
    assert (hint or "") in (caught.value.hint or "")


DIFFERENTIATED: dict[str, Callable[[Variable, Variable], Variable]] = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "sub": lambda a, b: a - b,
    "maximum": lambda a, b: a.masked() + b.masked(),
    "minimum": lambda a, b: a.masked() + b.masked(),
}


def gradients(name: str, shapes: list[tuple[int, ...]], wanted: set[int | str]) -> Counter[str]:
    tape = Tape()
    arrays = [tape.array(shape, place in wanted) for place, shape in enumerate(shapes)]

    def read(array: dict[tuple[int, ...], Variable], shape: tuple[int, ...], index: tuple[int, ...]) -> Variable:
        ends = index[len(index) - len(shape) :]
        return array[tuple(0 if size == 1 else i for size, i in zip(shape, ends, strict=True))]

    outputs = []
    for index in indices(BINARY[name][0].infer(*shapes)):
        values = [read(array, shape, index) for array, shape in zip(arrays, shapes, strict=True)]
        outputs.append(reduce(DIFFERENTIATED[name], values))
    return tape.backward(outputs)


@given(st.sampled_from(sorted(DIFFERENTIATED)), broadcasting(2, 2), st.sets(st.sampled_from([0, 1]), min_size=1))
def test_gradients_are_what_differentiating_it_performs(
    name: str, shapes: list[tuple[int, ...]], wanted: set[int | str]
) -> None:
    assert backward_ledger(BINARY[name][0], *shapes, to=wanted) == gradients(name, shapes, wanted)


@given(broadcasting(2, 4))
def test_gradients_of_a_product_of_many_are_those_of_its_steps(shapes: list[tuple[int, ...]]) -> None:
    """Between the steps, products have the shape of the output."""
    whole = Mul().infer(*shapes)
    assert backward_ledger(Mul(), whole, *shapes) == gradients("mul", [whole, *shapes], {*range(len(shapes) + 1)})


@given(broadcasting(2, 2))
def test_gradients_of_a_quotient(shapes: list[tuple[int, ...]]) -> None:
    """`da = dy / b` and `db = 0 − da·y`, by doing it."""
    elements = [math.prod(shape) for shape in (*shapes, Div().infer(*shapes))]
    quotient, first, second = ({"div": elements[2]}, elements[2] - elements[0], elements[2])
    assert backward_ledger(Div(), *shapes, to=[0]) == +Counter({**quotient, "add": first})
    assert backward_ledger(Div(), *shapes, to=[1]) == {**quotient, "mul": elements[2], "add": second}


def test_the_gradients_of_a_quotient_are_torchs() -> None:
    a, b, dy = (torch.rand(3, 4, dtype=torch.float64) + 0.5 for _ in range(3))
    a.requires_grad_()
    b.requires_grad_()
    y = a / b
    da, db = torch.autograd.grad(y, (a, b), dy)
    torch.testing.assert_close(da, dy / b)
    torch.testing.assert_close(db, 0 - dy / b * y)


def test_moving_inputs_side_by_side_moves_their_gradients_back() -> None:
    assert backward_ledger(Concat(), (1, 3, 4), (1, 5, 4)) == backward_ledger(Stack(), (1, 3), (1, 3)) == {}
