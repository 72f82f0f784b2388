from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.sampling import AffineGrid, GridSample, RoIAlign
from tests.counting import Number, dot_product, indices, ledger, tallied, total


def between(a: Number, b: Number, t: Number) -> Number:
    return a + t * (b - a)


def cubic(values: list[Number], weights: list[Number]) -> Number:
    return dot_product(values, weights)


def polynomial(t: Number) -> Number:
    a, b, c, d = (Number() for _ in range(4))
    return ((a * t + b) * t + c) * t + d


def sample(taps: int, fractions: list[Any]) -> Number:
    """One sample of one channel, interpolated along the last axis first."""
    if not fractions:
        return Number()
    values = [sample(taps, fractions[1:]) for _ in range(taps)]
    first = fractions[0]
    return cubic(values, first) if taps == 4 else between(values[0], values[1], first)


def place(mode: str) -> Any:
    """A coordinate as a place: scaled and shifted, rounded, and what is left over (or the weights that follow)."""
    at = Number() * 0.5 + 1
    whole = at.maximum()
    if mode == "nearest":
        return None
    t = at - whole
    return [polynomial(t) for _ in range(4)] if mode == "bicubic" else t


@given(
    st.sampled_from([("nearest", 2), ("bilinear", 2), ("bicubic", 2), ("nearest", 3), ("bilinear", 3)]),
    st.integers(1, 2), st.integers(1, 2), st.lists(st.integers(1, 3), min_size=3, max_size=3),
)  # fmt: skip
def test_grid_sample_has_torchs_shape_and_performs_its_definition(
    case: tuple[Any, int], n: int, d: int, out: list[int]
) -> None:
    mode, rank = case
    shape, grid = (n, d, *(4,) * rank), (n, *out[:rank], rank)
    expected = torch.nn.functional.grid_sample(torch.zeros(shape), torch.zeros(grid), mode, align_corners=False)
    op = GridSample(mode=mode)
    assert op.infer(shape, grid) == tuple(expected.shape)
    with tallied() as done:
        for _ in indices((n, *out[:rank])):
            fractions = [place(mode) for _ in range(rank)]
            for _ in range(d if mode != "nearest" else 0):
                sample(4 if mode == "bicubic" else 2, fractions)
    assert ledger(op, shape, grid) == done


@pytest.mark.parametrize("size", [(3, 5), (2, 3, 4)])
def test_affine_grid_is_torchs(size: tuple[int, ...]) -> None:
    rank = len(size)
    theta = (2, rank, rank + 1)
    expected = torch.nn.functional.affine_grid(torch.zeros(theta), [2, 1, *size], align_corners=False)
    op = AffineGrid(size=size)
    op.check(theta)
    assert op.infer(theta) == tuple(expected.shape)
    with tallied() as done:
        for _ in indices(expected.shape):
            dot_product([Number()] * (rank + 1), [Number()] * (rank + 1))
    assert ledger(op, theta) == done


@pytest.mark.parametrize("mode", ["avg", "max"])
def test_roi_align_joins_the_samples_of_each_bin(mode: Any) -> None:
    op = RoIAlign(out=(2, 3), samples=2, mode=mode)
    assert op.infer((1, 4, 8, 8), (5, 4), (5,)) == (5, 4, 2, 3)
    with tallied() as done:
        for _ in indices((5, 4, 2, 3)):
            samples = [sample(2, [Number(), Number()]) for _ in range(4)]
            if mode == "avg":
                total(samples) / 4
            else:
                for other in samples[1:]:
                    samples[0].maximum(other)
    assert ledger(op, (1, 4, 8, 8), (5, 4), (5,)) == done


def test_nobody_knows_how_many_samples_a_region_of_any_size_takes() -> None:
    assert RoIAlign(out=7).work((1, 4, 8, 8), (5, 4), (5, 4, 7, 7)) is None


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (GridSample(), ((1, 3, 8, 8), (2, 4, 4, 2)), "grid 2×4×4×2 does not fit input 1×3×8×8"),
        (GridSample(), ((1, 3, 8, 8), (1, 4, 4, 3)), "grid 1×4×4×3 does not fit input 1×3×8×8"),
        (AffineGrid(size=(3, 5)), ((1, 3, 4),), "an affine map of 2 axes is 2×3 a sample, not 3×4"),
        (
            RoIAlign(out=7),
            ((1, 3, 8, 8), (5, 3)),
            "regions are rows of four corners, or of five with the sample, not 5×3",
        ),
    ],
)
def test_refuses(op: Any, shapes: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(*shapes)
    assert caught.value.what == message
