"""Recurrent networks, exported by torch: as many MACs as the products of its matrices, as many parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from flopcount.engine import count
from flopcount.ops import find_op
from flopcount.readers.onnx import read
from flopcount.readers.spec import read as read_spec
from tests.counting import performed
from tests.readers.onnx.exporting import export
from tests.readers.onnx.models import graph_of, held, model, node, value, work_of

STEPS, BATCH, FEATURES, HIDDEN = 7, 2, 5, 3


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_torchs_own(kind: Any, bidirectional: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = kind(FEATURES, HIDDEN, bidirectional=bidirectional).eval()
    path = export(module, torch.rand(STEPS, BATCH, FEATURES), tmp_path / "net.onnx", "legacy")
    report = count(read(str(path)))
    assert report.uncounted == ()
    directions = 1 + bidirectional
    gates = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}[kind]
    products = directions * STEPS * BATCH * gates * HIDDEN * (FEATURES + HIDDEN)
    assert report.totals["macs"].value == products
    assert report.totals["params"].value == sum(parameter.numel() for parameter in module.parameters())
    (layer,) = [each for each in report.layers if each.node.op.tag == kind.__name__.lower()]
    ours = find_op(kind.__name__.lower())(hidden=HIDDEN, bidirectional=bidirectional)
    assert performed(layer.work) == performed(ours.work((BATCH, STEPS, FEATURES), ()))


def test_peepholes_add_three_products_a_unit(tmp_path: Path) -> None:
    def net(*more: str) -> Any:
        inputs = ["x", "w", "r", "", "", "", "", *more]
        return model(
            [node("LSTM", inputs, ["y"], hidden_size=HIDDEN)], [value("x", [STEPS, BATCH, FEATURES])],
            held("w", (1, 4 * HIDDEN, FEATURES)), held("r", (1, 4 * HIDDEN, HIDDEN)), held("p", (1, 3 * HIDDEN)),
        )  # fmt: skip

    without, having = (performed(work_of(graph_of(net(*more), tmp_path))) for more in ((), ("p",)))
    assert having["mul"] - without["mul"] == 3 * STEPS * BATCH * HIDDEN


def test_the_batch_first(tmp_path: Path) -> None:
    made = model(
        [node("GRU", ["x", "w", "r"], ["y", "h"], hidden_size=HIDDEN, layout=1)],
        [value("x", [BATCH, STEPS, FEATURES])],
        held("w", (1, 3 * HIDDEN, FEATURES), np.float32),
        held("r", (1, 3 * HIDDEN, HIDDEN)),
        outputs=["y", "h"],
    )
    graph = graph_of(made, tmp_path)
    assert [tensor.shape for tensor in graph.outputs] == [(BATCH, STEPS, 1, HIDDEN), (BATCH, 1, HIDDEN)]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_training_step_is_that_of_the_layer_in_a_spec(kind: Any, bidirectional: bool, tmp_path: Path) -> None:
    module = kind(FEATURES, HIDDEN, bidirectional=bidirectional, batch_first=True)
    path = export(module, torch.rand(BATCH, STEPS, FEATURES), tmp_path / "net.onnx", "legacy")
    layer = f"{kind.__name__.lower()}: {{hidden: {HIDDEN}, bidirectional: {str(bidirectional).lower()}}}"
    spec = f"name: net\ninput: [{STEPS}, {FEATURES}]\nlayers:\n  - {layer}\n"
    ours, theirs = (count(graph, mode="train") for graph in (read(str(path)), read_spec(spec, "net.yaml", batch=BATCH)))
    assert ours.uncounted == ()
    for total in ("params", "flops"):
        assert ours.totals[total] == theirs.totals[total]


def test_a_training_step_with_peepholes_is_unknown(tmp_path: Path) -> None:
    made = model(
        [node("LSTM", ["x", "w", "r", "", "", "", "", "p"], ["y"], name="lstm", hidden_size=4)],
        [value("x", [5, 1, 3])],
        held("w", (1, 16, 3)), held("r", (1, 16, 4)), held("p", (1, 12)),
    )  # fmt: skip
    graph = graph_of(made, tmp_path)
    assert count(graph).uncounted == ()
    assert [layer.node.name for layer in count(graph, mode="train").layers if layer.work is None] == ["lstm"]
