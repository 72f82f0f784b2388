from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from flopcount.op import Op
from flopcount.ops import find_op
from flopcount.ops.pool import GlobalAvgPool, GlobalMaxPool, MaxPool
from flopcount.ops.window import per_axis
from tests.torch.drawn import Pool, avgpool, maxpool
from tests.torch.layers.running import assert_close, run


def pooled(op: Any, x: Tensor) -> Tensor:
    """Pooling by its definition: every window by itself, what lies beyond the padding left out."""
    rank = x.ndim - 2
    _, _, *size = x.shape
    kernel, stride, dilation = (
        per_axis(value, rank) for value in (op.kernel, op.stride or op.kernel, getattr(op, "dilation", 1))
    )
    before, after = [], []
    for axis in range(rank):
        span = dilation[axis] * (kernel[axis] - 1) + 1
        if op.padding == "same":
            total = max(0, (-(-size[axis] // stride[axis]) - 1) * stride[axis] + span - size[axis])
            ends = (total // 2, total - total // 2)
        else:
            end = per_axis(0 if op.padding == "valid" else op.padding, rank)[axis]
            ends = end if isinstance(end, tuple) else (end, end)
        before.append(ends[0])
        after.append(ends[1])
    shape = op.infer(tuple(x.shape))
    y = torch.zeros(shape)
    for place in product(*map(range, shape[2:])):
        inside: list[Tensor] = []
        counted = 0
        for tap in product(*map(range, kernel)):
            at = [p * s + t * d - b for p, s, t, d, b in zip(place, stride, tap, dilation, before, strict=True)]
            if all(0 <= a < i for a, i in zip(at, size, strict=True)):
                found: Any = (slice(None), slice(None), *at)
                inside.append(x[found])
            counted += all(-b <= a < i + e for a, i, b, e in zip(at, size, before, after, strict=True))
        window: Any = (slice(None), slice(None), *place)
        if isinstance(op, MaxPool):  # a dilated window may lie between the elements
            y[window] = torch.stack(inside).amax(0) if inside else -torch.inf
        else:
            y[window] = torch.stack(inside).sum(0) / (counted if op.count_include_pad else len(inside))
    return y


@st.composite
def pools(draw: st.DrawFn) -> tuple[Op, tuple[int, ...]]:
    tag, drawn = draw(st.sampled_from([("maxpool", maxpool), ("avgpool", avgpool)]))
    fields, inputs = drawn(Pool(draw, ["float32"]))
    return find_op(tag)(**fields), inputs[0].shape


@given(pools())
def test_it_computes_its_definition(case: tuple[Op, tuple[int, ...]]) -> None:
    op, shape = case
    x = torch.randn(shape)
    assert_close(run(op, x), pooled(op, x))


@pytest.mark.parametrize("op", [GlobalAvgPool(keepdim=False), GlobalMaxPool(keepdim=False)])
@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5), (2, 3, 2, 4, 5)])
def test_global_pools(op: Op, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    rows = x.flatten(2)
    assert_close(run(op, x), rows.mean(2) if isinstance(op, GlobalAvgPool) else rows.amax(2))
