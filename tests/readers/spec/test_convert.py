"""Whatever is converted costs the same when it is read back, layer by layer under the same names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from flopcount.conventions import CONVENTIONS
from flopcount.engine import Layer, count
from flopcount.errors import SpecError
from flopcount.graph import Graph, GraphBuilder, Provenance
from flopcount.readers.spec import read
from flopcount.readers.spec.convert import converted
from flopcount.sources import load, shipped_names
from tests.readers.onnx.exporting import EXPORTERS, export
from tests.readers.onnx.networks import NETWORKS, network
from tests.readers.spec.test_write import SCHEMA
from tests.readers.torch.test_transformers import BERT, GPT2, VIT
from tests.samples import Sample, small

KEYS = ("params", "trainable_params", "buffers", "macs", "count", "activations")
TORCHVISION = (
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "maxvit_t", "mnasnet0_5",
    "mobilenet_v3_small", "regnet_y_400mf", "resnet50", "shufflenet_v2_x0_5", "squeezenet1_1", "swin_t", "swin_v2_t",
    "vgg11_bn", "vit_b_32",
)  # fmt: skip
SLOW = ("densenet121", "googlenet", "inception_v3", "maxvit_t", "swin_v2_t", "vgg11_bn", "coat_tiny")
TIMM = ("convnext_atto", "coat_tiny", "levit_128s", "mixer_s32_224", "nf_resnet26", "vit_tiny_patch16_224")


def returned(graph: Graph, *, opaque: int = 0) -> str:
    """The text of a graph, which has all its layers with their shapes, and costs the same under both conventions."""
    text = converted(graph).text
    again = read(text, "elsewhere.yaml", batch=None if "--batch none" in text else graph.batch)
    SCHEMA.validate(yaml.safe_load(text))
    assert max(map(len, text.splitlines())) <= 120
    found = {node.name: node for node in again.nodes}
    for node in graph.nodes:
        assert [tensor.shape for tensor in found[node.name].outputs] == [tensor.shape for tensor in node.outputs]
    tags = [node.op.tag for node in again.nodes]
    assert tags.count("opaque") == opaque
    for name in ("lecture", "torch"):
        before, after = (count(each, CONVENTIONS[name]) for each in (graph, again))
        assert {key: after.totals[key] for key in KEYS} == {key: before.totals[key] for key in KEYS}
        works = {layer.node.name: layer for layer in after.layers}
        for layer in before.layers:
            assert work_of(works[layer.node.name]) == work_of(layer), layer.node.name
    return text


def marked(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name


def work_of(layer: Layer) -> Any:
    return None if layer.work is None else [entry for entry in layer.work if entry.count]


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_specs(name: str) -> None:
    graph = load(name, batch=2)
    returned(graph)
    for mode in ("eval", "train"):
        again = read(converted(graph).text, "again.yaml", batch=2)
        assert count(again, mode=mode).totals == count(graph, mode=mode).totals


@pytest.mark.parametrize("name", [*map(marked, TORCHVISION)])
def test_models_of_torchvision(torchvision: Any, name: str) -> None:
    returned(load(f"torchvision:{name}"))


@pytest.mark.parametrize("name", [*map(marked, TIMM)])
def test_models_of_timm(timm: Any, name: str) -> None:
    returned(load(f"timm:{name}"))


@pytest.mark.parametrize("data", [BERT, GPT2, VIT], ids=["bert", "gpt2", "vit"])
def test_models_of_transformers(transformers: Any, tmp_path: Path, data: dict[str, Any]) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(data))
    returned(load(f"hf:{path}"))


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_files_that_torch_exports(tmp_path: Path, name: str, exporter: str) -> None:
    module, example = network(name)
    returned(load(export(module, example, tmp_path / "net.onnx", exporter)))


def test_at_another_batch_too(torchvision: Any) -> None:
    text = converted(load("torchvision:resnet18")).text
    again, graph = read(text, "again.yaml", batch=8), load("torchvision:resnet18", batch=8)
    assert {key: count(again).totals[key] for key in KEYS} == {key: count(graph).totals[key] for key in KEYS}


def test_where_it_is_from() -> None:
    graph = small(notes=("it asks for numbers while it runs",), settings={"classes": 10})
    head, _, spec = converted(graph).text.partition("name: ")
    assert head == (
        "# small.yaml, converted by flopcount 0.1.0\n"
        "# input 1×3×8×8 float32, batch 1, classes = 10\n"
        "# note: it asks for numbers while it runs\n"
    )
    assert spec.startswith("small\ninputs:\n  image: [3, 8, 8]\n")
    assert converted(graph).remarks == ("it asks for numbers while it runs",)


def test_whatever_a_source_is_called_is_a_comment() -> None:
    graph = small()
    odd = Provenance(source="a\nlayers: [relu]\n\x1b[31m", notes=("word " * 60, ""))
    text = returned(Graph(graph.name, graph.inputs, graph.outputs, graph.nodes, 1, odd))
    assert all(line.startswith("# ") for line in text.partition("\nname:")[0].splitlines())


def test_several_inputs_and_no_batch() -> None:
    builder = GraphBuilder("net", None)
    builder.input("left", (5, 3)), builder.input("right", (7,), "int64")
    assert converted(builder.build([])).text.splitlines()[1] == (
        "# input left 5×3 float32, right 7 int64, batch none"
    )  # fmt: skip


def test_what_has_no_input_is_refused() -> None:
    b = Sample("net")
    (x,) = b.add(load("vit_b_16").nodes[0].op, [b.input("x", (1, 3, 224, 224))], name="conv")
    graph = b.build([x])
    with pytest.raises(SpecError, match="'net' has no input, and a spec has at least one"):
        converted(Graph("net", (), graph.outputs, (), 1))
