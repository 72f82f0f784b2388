from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from flopcount.readers.torch import reading


class Head(nn.Module):
    """A layer whose weight is used as a function, and one that is called."""

    def __init__(self, last: nn.Linear) -> None:
        super().__init__()
        self.unused = nn.Linear(4, 4, bias=False)
        self.scores = nn.Linear(4, 2)
        self.scores.weight = last.weight

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"scores": self.scores(functional.linear(x, self.unused.weight)), "x": x}


class Model(nn.Module):
    """A layer that runs twice, and a head that shares a weight with it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.last = nn.Linear(4, 2)
        self.head = Head(self.last)
        self.norm = nn.BatchNorm1d(4)
        self.idle = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Any:
        x = self.first(self.first(x))
        return self.head(self.norm(x))["scores"] + self.last(x)


def test_parts_say_what_ran_in_a_module_what_it_keeps_and_what_it_gave() -> None:
    read = reading(Model(), inputs=[("", ((4,), None))], batch=3)
    parts = read.parts
    assert parts["first"].layers == ("first", "first_2")
    assert parts["first"].tensors == ("first.weight", "first.bias")
    assert parts["head"].layers == ("head.unused", "head.scores")
    assert parts["head.unused"].layers == ()  # its weight is used, and it does not run
    assert parts["head.scores"].tensors == ("last.weight", "head.scores.bias")
    assert parts["head"].outputs == ((3, 2), (3, 4))
    assert parts["norm"].tensors[2:] == ("norm.running_mean", "norm.running_var", "norm.num_batches_tracked")
    assert (parts["idle"].layers, parts["idle"].outputs) == ((), None)
    assert len(parts[""].layers) == len(read.graph.nodes) - 2  # the idle ones are put up by nobody's call
    assert parts[""].outputs == ((3, 2),)


def test_the_model_is_made_anew() -> None:
    model = Model()
    read = reading(model, inputs=[("", ((4,), None))])
    assert read.make is not None
    (first, call), (second, _) = read.make(False), read.make(True)
    assert (first is model, second is model, first is second) == (False, False, False)
    assert [tensor.shape for tensor in call.args] == [(1, 4)]
    assert not read.is_real
