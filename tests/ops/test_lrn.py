from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.lrn import LocalResponseNorm
from tests.counting import Number, array, backward_ledger, ledger, tallied, total
from tests.ops.definitions import Array, gradient, packed, special, unpacked


def local_response_norm(op: LocalResponseNorm, x: Array, channels: int) -> Array:
    """By its definition: beyond the first and the last channel lie zeros, which are added like any other."""
    squares = {i: value * value for i, value in x.items()}
    y: Array = {}
    for (n, d, *place), value in x.items():
        first = d - op.size // 2
        nothing = Number() if isinstance(value, Number) else torch.zeros_like(value)
        window: Any = (squares[n, c, *place] if 0 <= c < channels else nothing for c in range(first, first + op.size))
        base = op.k + op.alpha * total(window)
        y[n, d, *place] = value / special(lambda base: base**op.beta, base)
    return y


@given(size=st.integers(1, 6), shape=st.lists(st.integers(1, 4), min_size=3, max_size=4).map(tuple))
def test_ledger_is_that_of_a_definition_that_computes_what_torch_does(size: int, shape: tuple[int, ...]) -> None:
    op = LocalResponseNorm(size=size, alpha=0.5)
    module = torch.nn.LocalResponseNorm(size, alpha=op.alpha * size, beta=op.beta, k=op.k)
    x = torch.randn(shape, dtype=torch.float64)
    torch.testing.assert_close(packed(local_response_norm(op, unpacked(x), shape[1]), shape), module(x))
    assert op.infer(shape) == shape
    assert op.weights(shape) == op.buffers(shape) == {}
    with tallied() as done:
        local_response_norm(op, array(shape), shape[1])
    assert ledger(op, shape) == done


def test_refuses_an_input_without_spatial_axes() -> None:
    with pytest.raises(OpError) as caught:
        LocalResponseNorm().check((1, 96))
    assert caught.value.what == "needs a batch, channels and spatial axes, not 2 axes"


def local_response_gradient(op: LocalResponseNorm, x: Array, y: Array, dy: Array, bases: Array, d: int) -> Array:
    """By its definition, from the bases t = k + α·Σ x² and their powers, which the forward pass has computed."""
    shares = {i: dy[i] * y[i] / bases[i] for i in x}
    dx: Array = {}
    for (n, c, *place), value in x.items():
        # A channel is in the windows of those around it: as many before as its own window has after it.
        first = c - (op.size - 1 - op.size // 2)
        nothing = Number() if isinstance(value, Number) else torch.zeros_like(value)
        window: Any = (shares[n, e, *place] if 0 <= e < d else nothing for e in range(first, first + op.size))
        power = Number() if isinstance(value, Number) else bases[n, c, *place] ** op.beta
        dx[n, c, *place] = dy[n, c, *place] / power - value * (2 * op.alpha * op.beta) * total(window)
    return dx


@given(size=st.integers(1, 6), shape=st.lists(st.integers(1, 4), min_size=3, max_size=4).map(tuple))
def test_gradient_is_that_of_a_definition_that_computes_what_torch_does(size: int, shape: tuple[int, ...]) -> None:
    op = LocalResponseNorm(size=size, alpha=0.5)
    module = torch.nn.LocalResponseNorm(size, alpha=op.alpha * size, beta=op.beta, k=op.k)
    x, dy = (torch.randn(shape, dtype=torch.float64) for _ in range(2))
    y = module(x)
    bases = (x / y) ** (1 / op.beta)
    (expected,) = gradient(module, x, dy=dy)
    given_dx = local_response_gradient(op, unpacked(x), unpacked(y), unpacked(dy), unpacked(bases), shape[1])
    torch.testing.assert_close(packed(given_dx, shape), expected)
    with tallied() as done:
        local_response_gradient(op, array(shape), array(shape), array(shape), array(shape), shape[1])
    assert backward_ledger(op, shape) == done
