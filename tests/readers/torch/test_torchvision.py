"""All 80 classification models of torchvision: parameters, and the MACs that its documentation prints."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

from flopcount.engine import count
from flopcount.readers.torch import read
from tests.readers.torch.witness import elements, on_meta, report, torchs_flops

PUBLISHED = Path(__file__).parent / "data" / "torchvision_published.csv"
ROWS: dict[str, list[dict[str, str]]] = {}
for row in csv.DictReader(PUBLISHED.open()):
    ROWS.setdefault(row["model"], []).append(row)
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
SAMPLE = {"densenet121", "efficientnet_b0", "googlenet", "maxvit_t", "regnet_y_400mf", "swin_v2_t", "vit_b_16"}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_published_numbers(torchvision: Any, name: str) -> None:
    sizes = {(row["crop"], row["num_params"], row["gmacs_published"]) for row in ROWS[name]}
    for crop, params, gmacs in sizes:
        size = int(crop)
        kwargs: dict[str, Any] = {"image_size": size} if name.startswith("vit") else {}
        if name == "googlenet":
            kwargs["aux_logits"] = False  # as its published weights are loaded
        graph = read(f"torchvision:{name}", inputs=[("", ((3, size, size), None))], kwargs=kwargs)
        counted = count(graph)
        assert counted.uncounted == ()
        assert counted.totals["params"].value == int(params)
        assert f"{counted.totals['macs'].value / 1e9:.3f}" == f"{float(gmacs):.3f}"


@pytest.mark.parametrize(
    "name", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.slow) for name in sorted(ROWS)]
)
def test_torch_counts_the_same(torchvision: Any, name: str) -> None:
    counted = report(read(f"torchvision:{name}"))
    model = torchvision.models.get_model(name, weights=None)
    assert counted.totals["params"].value == elements(model)
    model = on_meta(model)
    shape = counted.graph.inputs[0].shape
    assert counted.totals["count"].value == torchs_flops(model, torch.empty(shape, device="meta"))
    assert counted.totals["macs"].value * 2 == counted.totals["count"].value
    assert counted.totals["buffers"].value == sum(
        buffer.numel() for name, buffer in model.named_buffers() if not name.endswith("num_batches_tracked")
    )


def test_layers_have_the_names_of_their_modules(torchvision: Any) -> None:
    graph = read("torchvision:resnet18")
    names = [node.name for node in graph.nodes]
    assert names[:11] == [
        "conv1", "bn1", "relu", "maxpool", "layer1.0.conv1", "layer1.0.bn1", "layer1.0.relu", "layer1.0.conv2",
        "layer1.0.bn2", "layer1.0.add", "layer1.0.relu_2",
    ]  # fmt: skip
    assert names[-2:] == ["flatten", "fc"]
    add = graph.nodes[9]
    assert [tensor.name for tensor in add.inputs] == ["layer1.0.bn2", "maxpool"]
    assert (add.origin, graph.nodes[0].origin) == ("in place", "module")
    assert add.where.startswith("torchvision/models/resnet.py:")


def test_the_size_that_a_model_is_made_for(torchvision: Any) -> None:
    assert read("torchvision:inception_v3").inputs[0].shape == (1, 3, 299, 299)
    assert read("torchvision:vit_b_32", batch=2).inputs[0].shape == (2, 3, 224, 224)


def test_what_never_runs_is_counted_and_named(torchvision: Any) -> None:
    counted = count(read("torchvision:googlenet"))
    assert counted.totals["params"].value == 13_004_888
    (note,) = counted.graph.provenance.notes
    assert note == "never called: aux1, aux2; what they hold is counted, and they do no work"
