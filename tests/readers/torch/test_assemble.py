from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from flopcount.engine import count
from flopcount.errors import BugError, OpError
from flopcount.graph import Provenance
from flopcount.ops.activation import ReLU
from flopcount.readers.torch.assemble import assemble
from flopcount.readers.torch.trace import Call, Scope, Trace, Value
from tests.readers.torch.witness import traced


def trace_of(*calls: tuple[str, Value, Value]) -> Trace:
    scope = Scope("")
    made = [Call(target, (x,), {}, (y,), scope, f"net.py:{i}") for i, (target, x, y) in enumerate(calls)]
    return Trace([calls[0][1]], [calls[-1][2]], [], made)


X = Value((2, 3), "float32", "input", "x")


def test_a_shape_that_is_not_torchs_is_our_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReLU, "infer", lambda self, x: (*x, 1))
    with pytest.raises(BugError) as caught:
        traced(nn.ReLU(), (2, 3))
    assert caught.value.exit_status == 70
    assert "this is a bug in flopcount: it infers 2×3×1 for aten.relu, but torch computed 2×3" in str(caught.value)


def test_what_an_op_of_ours_refuses_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, *x: Any) -> None:
        raise OpError("no")

    monkeypatch.setattr(ReLU, "check", refuse)
    graph = traced(nn.Sequential(nn.ReLU(), nn.Linear(3, 4)), (2, 3))
    assert [(node.name, node.op.tag) for node in graph.nodes] == [("0", "opaque"), ("1", "linear")]
    assert graph.provenance.notes[0].startswith("nobody knows what the operator aten.relu costs (once, at ")


def test_unknown_operators_are_counted_and_placed() -> None:
    y, z = Value((2, 3), "float32"), Value((2, 3), "float32")
    graph = assemble(trace_of(("mine.op", X, y), ("mine.op", y, z)), "net", 2, Provenance(notes=("before",)))
    report = count(graph)
    assert [layer.node.name for layer in report.uncounted] == ["mine.op", "mine.op_2"]
    assert graph.provenance.notes == (
        "before", "nobody knows what the operator mine.op costs (2 times, first at net.py:0)",
    )  # fmt: skip


def test_dtypes_are_torchs() -> None:
    y = Value((2, 3), "float64")
    graph = assemble(trace_of(("aten.relu", X, y), ("aten.neg", y, Value((2, 3), "float64"))), "net", 2, Provenance())
    assert [node.outputs[0].dtype for node in graph.nodes] == ["float64", "float64"]
    assert graph.nodes[1].inputs[0].dtype == graph.outputs[0].dtype == "float64"


def test_held_tensors_that_nothing_uses_are_counted() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5))
            self.register_buffer("table", self.used.weight.detach().clone())

        def forward(self, x: Any) -> Any:
            return self.used(x)

    report = count(traced(Idle(), (2, 3)))
    assert report.totals["params"].value == 12 + 20 + 10
    assert report.totals["buffers"].value == 9 + 10
    assert report.graph.provenance.notes == ("never called: idle; what they hold is counted, and they do no work",)
