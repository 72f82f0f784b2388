from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.conv import Conv
from flopcount.ops.dynamic import DynamicConv
from tests.counting import backward_work, ledger, ledger_in_letters


@given(
    st.integers(1, 3),
    st.lists(st.integers(5, 7), min_size=1, max_size=3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from([0, 1, "same"]),
)
def test_it_is_a_convolution(groups: int, size: list[int], ins: int, outs: int, kernel: int, padding: Any) -> None:
    x, filters = (2, groups * ins, *size), (groups * outs, ins, *[kernel] * len(size))
    op = DynamicConv(padding=padding, groups=groups)
    conv = Conv(out=groups * outs, kernel=kernel, padding=padding, groups=groups, bias=False)
    functional = getattr(torch.nn.functional, f"conv{len(size)}d")
    y = functional(torch.empty(x, device="meta"), torch.empty(filters, device="meta"), padding=padding, groups=groups)
    assert op.infer(x, filters) == tuple(y.shape)
    assert ledger(op, x, filters) == ledger(conv, x) == ledger_in_letters(op, x, filters)
    assert op.weights(x, filters) == {}
    theirs, ours = backward_work(conv, x), backward_work(op, x, filters)
    assert [(entry.count, entry.outputs) for entry in ours] == [(entry.count, entry.outputs) for entry in theirs]
    assert [entry.to for entry in ours] == [0, 1]


@pytest.mark.parametrize(
    ("op", "filters", "message"),
    [
        (DynamicConv(), (4, 6, 3), "filters of 4×6×3 do not fit an input of 1×6×8×8: the axes differ"),
        (DynamicConv(groups=3), (4, 2, 3, 3), "output channels 4 are not divisible by groups 3"),
        (DynamicConv(groups=2), (4, 2, 3, 3), "filters see 2 channels in each of 2 groups, but the input has 6"),
        (DynamicConv(), (4, 6, 9, 9), "kernel 9 is larger than its padded input 8"),
    ],
)
def test_refuses(op: DynamicConv, filters: tuple[int, ...], message: str) -> None:
    with pytest.raises(OpError, match=message):
        op.check((1, 6, 8, 8), filters)
