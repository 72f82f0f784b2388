from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    window_total,
)  # fmt: skip
from flopcount.ops.window import per_axis
from tests import differentiating
from tests.counting import Number, backward_ledger, indices, ledger, tallied, total
from tests.differentiating import Tape, Variable

Shape = tuple[int, ...]


def fold_largest(window: Iterable[Number]) -> None:
    reduce(Number.maximum, window)


def fold_mean(window: Iterable[Number]) -> None:
    numbers = list(window)
    total(numbers) / len(numbers)


def fresh(count: int) -> Iterable[Number]:
    return (Number() for _ in range(count))


def torch_pool(kind: str, rank: int) -> Any:
    return getattr(torch.nn, f"{kind}Pool{rank}d")


@st.composite
def window_pools(draw: st.DrawFn) -> tuple[MaxPool | AvgPool, Shape]:
    rank = draw(st.integers(1, 3))

    def axes(low: int, high: int) -> Any:
        many = st.tuples(*[st.integers(low, high)] * rank)
        return draw(many | st.integers(low, high))

    common = {
        "kernel": axes(1, 4), "stride": draw(st.none()) if draw(st.booleans()) else axes(1, 5), "padding": axes(0, 3),
        "ceil_mode": draw(st.booleans()),
    }  # fmt: skip
    if draw(st.booleans()):
        op: MaxPool | AvgPool = MaxPool(**common, dilation=axes(1, 3))
    else:
        op = AvgPool(**common, count_include_pad=draw(st.booleans()))
    return op, (*draw(st.tuples(st.integers(1, 2), st.integers(1, 3))), *draw(st.tuples(*[st.integers(1, 9)] * rank)))


def torchs_window_pool(op: MaxPool | AvgPool, rank: int) -> Any:
    if isinstance(op, MaxPool):
        return torch_pool("Max", rank)(op.kernel, op.stride, op.padding, op.dilation, ceil_mode=op.ceil_mode)
    return torch_pool("Avg", rank)(op.kernel, op.stride, op.padding, op.ceil_mode, op.count_include_pad)


@given(window_pools())
def test_shapes_and_refusals_are_torchs(case: tuple[MaxPool | AvgPool, Shape]) -> None:
    op, shape = case
    module = torchs_window_pool(op, len(shape) - 2)
    # Only for 3-D average pooling does torch want the kernel to fit without the padding.
    assume(not (isinstance(op, AvgPool) and len(shape) == 5 and min(shape[2:]) < 4))
    try:
        expected = tuple(module(torch.empty(shape, device="meta")).shape)
    except RuntimeError:
        with pytest.raises(OpError):
            op.check(shape)
    else:
        op.check(shape)
        assert op.infer(shape) == expected
    assert op.weights(shape) == op.buffers(shape) == {}


@given(window_pools())
def test_ledger_is_what_folding_whole_windows_performs(case: tuple[MaxPool | AvgPool, Shape]) -> None:
    op, shape = case
    try:
        op.check(shape)
    except OpError:
        assume(False)
    kernel = op.kernel if isinstance(op.kernel, tuple) else (op.kernel,) * (len(shape) - 2)
    fold = fold_largest if isinstance(op, MaxPool) else fold_mean
    with tallied() as done:
        for _ in indices(op.infer(shape)):
            fold(Number() for _ in indices(kernel))
    assert ledger(op, shape) == done


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_padding_covers_every_stride_once(size: int, stride: int) -> None:
    op = MaxPool(kernel=3, stride=stride, padding="same", ceil_mode=True)
    op.check((1, 8, size))
    assert op.infer((1, 8, size)) == (1, 8, len(range(0, size, stride)))


def test_padding_per_side() -> None:
    op = MaxPool(kernel=3, stride=2, padding=((0, 1), (0, 1)))
    op.check((1, 64, 112, 112))
    padded = torch.nn.functional.pad(torch.empty(1, 64, 112, 112, device="meta"), (0, 1, 0, 1))
    assert op.infer((1, 64, 112, 112)) == tuple(torch.nn.functional.max_pool2d(padded, 3, 2).shape)


@st.composite
def adaptive_pools(draw: st.DrawFn) -> tuple[AdaptiveAvgPool | AdaptiveMaxPool, Shape]:
    rank = draw(st.integers(1, 3))
    sizes = st.tuples(*[st.integers(1, 7)] * rank)
    out: Any = draw(sizes | st.integers(1, 7))
    op = AdaptiveAvgPool(out=out) if draw(st.booleans()) else AdaptiveMaxPool(out=out)
    return op, (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *draw(sizes))


def windows(size: int, out: int) -> list[range]:
    """The inputs of every output, as torch takes them."""
    return [range(o * size // out, -(-(o + 1) * size // out)) for o in range(out)]


@given(adaptive_pools())
def test_adaptive_pooling_is_torchs_and_what_folding_its_windows_performs(
    case: tuple[AdaptiveAvgPool | AdaptiveMaxPool, Shape],
) -> None:
    op, shape = case
    kind = "AdaptiveAvg" if isinstance(op, AdaptiveAvgPool) else "AdaptiveMax"
    module = torch_pool(kind, len(shape) - 2)(op.out)
    op.check(shape)
    out = op.infer(shape)
    assert out == tuple(module(torch.empty(shape)).shape)
    along = [windows(i, o) for i, o in zip(shape[2:], out[2:], strict=True)]
    fold: Callable[[Iterable[Number]], None] = fold_mean if isinstance(op, AdaptiveAvgPool) else fold_largest
    with tallied() as done:
        for _, _, *place in indices(out):
            fold(fresh(prod(len(spans[o]) for spans, o in zip(along, place, strict=True))))
    assert ledger(op, shape) == done


@given(st.integers(1, 200), st.integers(1, 200))
def test_window_total_is_the_sum_of_all_windows(size: int, out: int) -> None:
    assert window_total(size, out) == sum(map(len, windows(size, out)))


@pytest.mark.parametrize("op", [GlobalAvgPool(), GlobalMaxPool(), GlobalAvgPool(keepdim=False)])
@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 5, 4), (1, 2, 3, 2, 4)])
def test_global_pooling_folds_every_channel_whole(op: GlobalAvgPool | GlobalMaxPool, shape: Shape) -> None:
    x = torch.empty(shape, device="meta")
    op.check(shape)
    assert op.infer(shape) == tuple(x.mean(tuple(range(2, len(shape))), op.keepdim).shape)
    fold = fold_largest if isinstance(op, GlobalMaxPool) else fold_mean
    with tallied() as done:
        for _ in indices(shape[:2]):
            fold(fresh(prod(shape[2:])))
    assert ledger(op, shape) == done


def test_global_pooling_is_adaptive_pooling_to_one() -> None:
    shape = (2, 2048, 7, 7)
    assert ledger(GlobalAvgPool(), shape) == ledger(AdaptiveAvgPool(out=1), shape)
    assert ledger(GlobalAvgPool(), shape) == ledger(AvgPool(kernel=7), shape)


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (MaxPool(kernel=3, padding=2), (1, 8, 9, 9), "padding 2 is more than half of kernel 3"),
        (MaxPool(kernel=3, padding=2, dilation=2), (1, 8, 9), "padding 2 is more than half of kernel 3"),
        (AvgPool(kernel=2, padding=((0, 2),)), (1, 8, 9), "padding (0, 2) is more than half of kernel 2"),
        (AvgPool(kernel=7), (1, 8, 6, 6), "kernel 7 is larger than its padded input 6"),
        (MaxPool(kernel=(3, 3)), (1, 8, 9), "kernel names 2 spatial axes, but the input has 1"),
        (AdaptiveAvgPool(out=(7, 7)), (1, 8, 9), "out names 2 spatial axes, but the input has 1"),
        (GlobalAvgPool(), (1, 8), "needs a batch, channels and 1 to 3 spatial axes, not 2 axes"),
    ],
)
def test_refuses(op: Op, shape: Shape, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(shape)
    assert caught.value.what == message


@given(window_pools())
def test_gradients_of_an_average_are_what_differentiating_it_performs(case: tuple[MaxPool | AvgPool, Shape]) -> None:
    op, shape = case
    shape = shape[:4]
    try:
        op = AvgPool(**{name: fit(getattr(op, name), shape) for name in ("kernel", "stride", "padding", "ceil_mode")})
        op.check(shape)
    except OpError:
        assume(False)
    kernel, stride = (per_axis(value, len(shape) - 2) for value in (op.kernel, op.stride or op.kernel))
    tape = Tape()
    x: dict[Shape, Variable] = {}
    outputs = []
    for n, d, *place in indices(op.infer(shape)):
        window = []
        for tap in indices(kernel):
            index = (n, d, *(i * s + j for i, s, j in zip(place, stride, tap, strict=True)))
            if index not in x:
                x[index] = tape.variable()
            window.append(x[index])
        outputs.append(differentiating.total(window) / len(window))
    assert backward_ledger(op, shape) == tape.backward(outputs)


def fit(value: Any, shape: Shape) -> Any:
    return value[: len(shape) - 2] if isinstance(value, tuple) else value


@given(st.lists(st.integers(1, 9), min_size=1, max_size=2), st.lists(st.integers(1, 9), min_size=2, max_size=2))
def test_gradients_of_an_adaptive_average_are_what_differentiating_it_performs(size: list[int], out: list[int]) -> None:
    out = out[: len(size)]
    tape = Tape()
    x = tape.array((1, 2, *size))
    outputs = []
    for n, d, *place in indices((1, 2, *out)):
        ends = [range(o * i // whole, -(-(o + 1) * i // whole)) for o, i, whole in zip(place, size, out, strict=True)]
        window = [x[n, d, *index] for index in product(*ends)]
        outputs.append(differentiating.total(window) / len(window))
    assert backward_ledger(AdaptiveAvgPool(out=tuple(out)), (1, 2, *size)) == tape.backward(outputs)


def test_gradients_of_the_largest_are_added_only_where_windows_overlap() -> None:
    shape = (1, 3, 8, 8)
    assert backward_ledger(MaxPool(kernel=2), shape) == backward_ledger(AdaptiveMaxPool(out=4), shape) == {}
    assert backward_ledger(MaxPool(kernel=3, stride=2), shape) == {"add": 3 * 3 * 3}
    assert backward_ledger(MaxPool(kernel=(1, 3), stride=(1, 2)), (1, 1, 1, 5)) == {"add": 1}
    assert backward_ledger(AdaptiveMaxPool(out=5), shape) == {"add": 3 * 25}


@given(window_pools())
def test_no_more_gradients_of_the_largest_are_added_than_can_meet(case: tuple[MaxPool | AvgPool, Shape]) -> None:
    """Whatever is chosen: outputs that share an element are at most all, and none where windows are disjoint."""
    drawn, shape = case
    op = MaxPool(kernel=drawn.kernel, stride=drawn.stride, padding=drawn.padding, ceil_mode=drawn.ceil_mode)
    try:
        op.check(shape)
    except OpError:
        assume(False)
    module = torchs_window_pool(op, len(shape) - 2)
    module.return_indices = True
    _, chosen = module(torch.randn(shape))
    met = sum(len(row) - len(row.unique()) for row in chosen.flatten(2).flatten(0, 1))
    assert met <= backward_ledger(op, shape)["add"] <= chosen.numel()


def test_global_pools_have_one_window_a_channel() -> None:
    assert backward_ledger(GlobalMaxPool(), (2, 3, 7, 7)) == {}
    assert backward_ledger(GlobalAvgPool(keepdim=False), (2, 3, 7, 7)) == {"div": 6}
