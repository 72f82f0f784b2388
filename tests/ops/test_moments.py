from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.ops import FAMILIES
from flopcount.ops.moments import Deviation, LogSum, LogSumExp, SumSquare, Variance, VectorNorm
from tests.counting import Number, backward_ledger, indices, ledger, tallied, total

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def variance(numbers: list[Number]) -> Number:
    mean = total(numbers) / len(numbers)
    centred = [x - mean for x in numbers]
    return total([x * x for x in centred]) / len(numbers)


def logsumexp(numbers: list[Number]) -> Number:
    greatest = reduce(lambda a, b: a.maximum(b), numbers)
    return greatest + total([(x - greatest).special() for x in numbers]).special()


DEFINITIONS: list[tuple[Any, Callable[[list[Number]], Number]]] = [
    (SumSquare, lambda numbers: total([x * x for x in numbers])),
    (VectorNorm, lambda numbers: total([x * x for x in numbers]).special()),
    (lambda **fields: VectorNorm(p="l1", **fields), lambda numbers: total([x.maximum(0 - x) for x in numbers])),
    (LogSum, lambda numbers: total(numbers).special()),
    (LogSumExp, logsumexp),
    (Variance, variance),
    (Deviation, lambda numbers: variance(numbers).special()),
]


@given(st.sampled_from(DEFINITIONS), SHAPES, st.booleans(), st.data())
def test_shapes_are_torchs_and_the_ledger_is_what_doing_it_performs(
    case: tuple[Any, Callable[[list[Number]], Number]], shape: tuple[int, ...], keepdim: bool, data: st.DataObject
) -> None:
    kind, definition = case
    axes = tuple(data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1)))
    op = kind(axes=axes, keepdim=keepdim)
    expected = tuple(torch.empty(shape).logsumexp(axes, keepdim).shape)
    assert op.infer(shape) == expected
    with tallied() as done:
        for _ in indices(expected):
            definition([Number() for _ in range(prod(shape[axis] for axis in axes))])
    assert ledger(op, shape) == done


GRADIENTS: list[tuple[Any, Callable[[Any], Any], Callable[[Any, Any, Any], Any]]] = [
    (SumSquare, lambda x: (x * x).sum(1), lambda x, y, dy: (2 * dy)[:, None] * x),
    (VectorNorm, lambda x: x.norm(dim=1), lambda x, y, dy: (dy / y)[:, None] * x),
    (LogSum, lambda x: x.sum(1).log(), lambda x, y, dy: (dy / x.sum(1))[:, None]),
    (LogSumExp, lambda x: x.logsumexp(1), lambda x, y, dy: (dy / x.exp().sum(1))[:, None] * x.exp()),
    (Variance, lambda x: x.var(1, correction=0), lambda x, y, dy: (2 / 4 * dy)[:, None] * (x - x.mean(1)[:, None])),
    (
        Deviation,
        lambda x: x.std(1, correction=0),
        lambda x, y, dy: (dy / (4 * y))[:, None] * (x - x.mean(1)[:, None]),
    ),
]
LEDGERS: dict[Any, dict[str, int]] = {
    SumSquare: {"mul": 3 + 12}, VectorNorm: {"div": 3, "mul": 12}, LogSum: {"div": 3}, LogSumExp: {"div": 3, "mul": 12},
    Variance: {"mul": 3 + 12}, Deviation: {"mul": 3 + 12, "div": 3},
}  # fmt: skip


@pytest.mark.parametrize(("kind", "torchs", "by_definition"), GRADIENTS)
def test_gradients_are_torchs(kind: Any, torchs: Callable[[Any], Any], by_definition: Callable[..., Any]) -> None:
    x = torch.rand(3, 4, dtype=torch.float64) + 0.5
    x.requires_grad_()
    y, dy = torchs(x), torch.rand(3, dtype=torch.float64)
    (expected,) = torch.autograd.grad(y, x, dy)
    torch.testing.assert_close(by_definition(x, y, dy).expand(3, 4), expected)
    assert backward_ledger(kind(axes=(1,)), (3, 4)) == LEDGERS[kind]  # rows and elements of the definition


def test_every_op_of_the_family_is_defined_above() -> None:
    assert {*FAMILIES["moments"].split()} == {kind().tag for kind, _ in DEFINITIONS}
