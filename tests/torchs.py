"""What torch's own counter says of a backward pass, and what the convention that follows it says of an op's."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.op import Op
from flopcount.tools import Use
from tests.counting import backward_work


def counted_backward(function: Callable[..., Any], *x: torch.Tensor) -> int:
    """FLOPs of `loss.backward()` by torch's counter."""
    with FlopCounterMode(display=False) as counter:
        y = function(*x)
        forward = counter.get_total_flops()
        y.sum().backward()
    total: int = counter.get_total_flops() - forward
    return total


def priced_backward(op: Op, *shapes: tuple[int, ...], to: Collection[int | str] | None = None) -> int:
    """The price of an op's gradients, of all or of those to these inputs and weights, under the convention 'torch'."""
    work = [entry for entry in backward_work(op, *shapes) if to is None or entry.to in {"", *to}]
    made = op.infer(*shapes)
    outputs = tuple(made) if isinstance(made, list) else (made,)
    forward = tuple(op.work(*shapes, *outputs) or ())
    step, alone = (CONVENTIONS["torch"].total(Use(op, part, shapes, outputs)) for part in ((*forward, *work), forward))
    assert step is not None
    assert alone is not None
    return step - alone
