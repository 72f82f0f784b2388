from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.ops import FAMILIES, OPS
from tests.counting import Number, backward_ledger, indices, ledger, tallied
from tests.ops.test_joining import broadcasting

DEFINITIONS: dict[str, tuple[Callable[..., torch.Tensor], Callable[[Number, Number], Number]]] = {
    "power": (torch.pow, lambda a, b: a.special(b)),
    "atan2": (torch.atan2, lambda a, b: (a / b).special()),
    "floor_divide": (torch.floor_divide, lambda a, b: (a / b).maximum()),
    "remainder": (torch.remainder, lambda a, b: a - (a / b).maximum() * b),
    "fmod": (torch.fmod, lambda a, b: a - (a / b).maximum() * b),
}


@given(st.sampled_from(sorted(DEFINITIONS)), broadcasting(2, 2))
def test_shapes_are_torchs_and_the_ledger_is_the_definition(name: str, shapes: list[Any]) -> None:
    reference, definition = DEFINITIONS[name]
    expected = tuple(reduce(reference, map(torch.ones, shapes)).shape)
    assert OPS[name]().infer(*shapes) == expected
    with tallied() as done:
        for _ in indices(expected):
            definition(Number(), Number())
    assert ledger(OPS[name](), *shapes) == done


GRADIENTS: dict[str, Callable[[Any, Any, Any, Any], tuple[Any, Any]]] = {
    "power": lambda a, b, y, dy: (dy * b * special(torch.pow, a, b - 1), dy * y * special(torch.log, a)),
    "atan2": lambda a, b, y, dy: (lambda t: (t * b, 0 - t * a))(dy / (a * a + b * b)),
    "remainder": lambda a, b, y, dy: (dy, 0 - dy * kept(torch.floor_divide, a, b)),
    "fmod": lambda a, b, y, dy: (dy, 0 - dy * kept(torch.floor_divide, a, b)),
}


def special(function: Callable[..., Any], *x: Any) -> Any:
    return x[0].special() if isinstance(x[0], Number) else function(*x)


def kept(function: Callable[..., Any], *x: Any) -> Any:
    """What the forward pass has computed."""
    return Number() if isinstance(x[0], Number) else function(*x)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_torchs_and_their_ledger_is_the_definition(name: str) -> None:
    a, b, dy = (torch.rand(3, 4, dtype=torch.float64) + 0.5 for _ in range(3))
    a.requires_grad_()
    b.requires_grad_()
    y = DEFINITIONS[name][0](a, b)
    expected = torch.autograd.grad(y, [a, b], dy)
    for ours, theirs in zip(GRADIENTS[name](a, b, y, dy), expected, strict=True):
        torch.testing.assert_close(ours, theirs)
    with tallied() as done:
        for _ in range(12):
            GRADIENTS[name](Number(), Number(), Number(), Number())
    assert backward_ledger(OPS[name](), (3, 4), (3, 4)) == done


def test_with_a_constant_beside_one_input() -> None:
    assert ledger(OPS["power"](), (3, 4)) == {"special": 12}


def test_every_op_of_the_family_is_defined_above() -> None:
    assert {*FAMILIES["binary"].split()} == DEFINITIONS.keys()
