from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops import FAMILIES, OPS
from flopcount.ops.logic import Gt, MaskedFill, Where
from tests.counting import Number, backward_ledger, indices, ledger, tallied
from tests.ops.test_joining import broadcasting

REFERENCES: dict[str, Callable[..., torch.Tensor]] = {
    "eq": torch.eq, "ne": torch.ne, "gt": torch.gt, "ge": torch.ge, "lt": torch.lt, "le": torch.le,
    "logical_and": torch.logical_and, "logical_or": torch.logical_or, "logical_xor": torch.logical_xor,
    "bitwise_and": torch.bitwise_and, "bitwise_or": torch.bitwise_or, "bitwise_xor": torch.bitwise_xor,
    "bit_shift": torch.bitwise_left_shift,
}  # fmt: skip
ALONE: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], Callable[[Number], Number]]] = {
    "logical_not": (torch.logical_not, lambda x: x.maximum()),
    "bitwise_not": (torch.bitwise_not, lambda x: x.maximum()),
    "isnan": (torch.isnan, lambda x: x.maximum()),
    "isinf": (torch.isinf, lambda x: x.maximum().maximum(x.maximum())),
    "isfinite": (torch.isfinite, lambda x: x.maximum().maximum(x.maximum())),
}


def dtype_of(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def check(op: Any, shapes: list[tuple[int, ...]], expected: torch.Tensor, dtypes: list[str]) -> None:
    op.check(*shapes)
    assert op.infer(*shapes) == tuple(expected.shape)
    assert op.dtype(*dtypes) == dtype_of(expected)
    with tallied() as done:
        for _ in indices(expected.shape):
            Number().maximum(Number())
    assert ledger(op, *shapes) == done


@given(st.sampled_from(sorted(REFERENCES)), broadcasting(2, 2))
def test_two_inputs_give_torchs_shape_and_type_by_one_comparison_each(name: str, shapes: list[Any]) -> None:
    expected = REFERENCES[name](*(torch.ones(shape, dtype=torch.int64) for shape in shapes))
    check(OPS[name](), shapes, expected, ["int64", "int64"])


def test_one_input_is_compared_with_a_constant() -> None:
    check(Gt(), [(2, 3)], torch.ones(2, 3) > 0, ["float32"])


@given(st.sampled_from(sorted(ALONE)), st.lists(st.integers(1, 4), max_size=3).map(tuple))
def test_of_each_element_by_itself(name: str, shape: tuple[int, ...]) -> None:
    reference, definition = ALONE[name]
    expected = reference(torch.ones(shape, dtype=torch.int64))
    assert OPS[name]().infer(shape) == tuple(expected.shape)
    assert OPS[name]().dtype("int64") == dtype_of(expected)
    with tallied() as done:
        for _ in indices(shape):
            definition(Number())
    assert ledger(OPS[name](), shape) == done


@given(broadcasting(3, 3))
def test_where_is_torchs(shapes: list[Any]) -> None:
    condition, a, b = (torch.ones(shape) for shape in shapes)
    check(Where(), shapes, torch.where(condition > 0, a, b), ["bool", "float32", "float32"])
    check(Where(), shapes[:2], torch.where(condition > 0, a, 0.0), ["bool", "float32"])


@given(broadcasting(1, 1))
def test_masked_fill_is_torchs(shapes: list[Any]) -> None:
    x = torch.ones(shapes[0])
    check(MaskedFill(), [shapes[0], shapes[0]], x.masked_fill(x > 0, 0.0), ["float32", "bool"])


def test_every_op_of_the_family_is_tested_above() -> None:
    assert {*FAMILIES["logic"].split()} == {*REFERENCES, *ALONE, "where", "masked_fill"}


def test_refuses_shapes_that_do_not_broadcast() -> None:
    with pytest.raises(OpError, match="2×3 and 2×4 do not join"):
        Where().check((2, 3), (2, 4), ())


def test_gradients_pass_where_an_input_was_chosen() -> None:
    assert backward_ledger(Where(), (3, 4), (3, 4), (4,)) == {"mul": 12 + 12, "add": 12 - 4}
    assert backward_ledger(MaskedFill(), (3, 4), (3, 4)) == {"mul": 12}
    assert backward_ledger(Gt(), (3, 4), (3, 4)) == {}
