"""Networks that torch exports: the same MACs as torch counts, the same names, the same shapes as onnx infers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
from torch import nn

from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.graph import Graph
from flopcount.readers.onnx import read
from flopcount.readers.spec import read as read_spec
from flopcount.readers.spec.write import spec_text
from flopcount.rewriting import rewrite
from tests.readers.onnx.exporting import EXPORTERS, export, macs
from tests.readers.onnx.networks import NETWORKS, network

LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Linear)


@pytest.fixture(scope="module", params=[f"{name}-{exporter}" for name in NETWORKS for exporter in EXPORTERS])
def exported(request: Any, tmp_path_factory: Any) -> tuple[str, Any, Any, Path]:
    name, exporter = request.param.split("-")
    module, example = network(name)
    path = tmp_path_factory.mktemp("onnx") / f"{name}.onnx"
    return request.param, module, example, export(module, example, path, exporter)


def test_macs_are_torchs_to_the_unit_and_nothing_is_unknown(exported: tuple[str, Any, Any, Path]) -> None:
    _, module, example, path = exported
    report = count(read(str(path)))
    assert report.uncounted == ()
    assert report.totals["macs"].value == macs(module, example)


def test_layers_are_named_as_their_modules(exported: tuple[str, Any, Any, Path]) -> None:
    _, module, _, path = exported
    modules = {name for name, each in module.named_modules() if isinstance(each, LAYERS)}
    graph = read(str(path))
    assert {node.name for node in graph.nodes if node.op.tag in ("conv", "conv_transpose", "linear")} == modules


def test_every_shape_is_the_one_that_onnx_infers(exported: tuple[str, Any, Any, Path]) -> None:
    _, _, _, path = exported
    inferred = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True)
    stated = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*inferred.graph.value_info, *inferred.graph.output)
        if all(dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim)
    }
    checked = path.with_suffix(".checked.onnx")
    onnx.save(inferred, checked)
    assert len(stated) >= len(inferred.graph.output)
    assert [note for note in read(str(checked)).provenance.notes if "differ" in note] == []


FOLDED = {
    # The positions of 12 tokens in place of the table of 32; the tied embedding once more, transposed for its matmul.
    "decoder-legacy": (12 - 32) * 16 + 50 * 16,
    "decoder-dynamo": (12 - 32) * 16 + 50 * 16,
    # Group normalisation as an instance normalisation that scales by ones and adds zeros, four of each.
    "sounds-dynamo": 8,
}
"""Numbers that an exporter adds to the file, or leaves out of it."""


def test_parameters_are_what_the_file_holds(exported: tuple[str, Any, Any, Path]) -> None:
    name, module, _, path = exported
    batch_norms = sum(each.num_features for each in module.modules() if isinstance(each, nn.BatchNorm2d))
    learned = sum(parameter.numel() for parameter in module.parameters())
    held = learned - batch_norms + FOLDED.get(name, 0)  # of a batch norm, the bias is left
    assert count(read(str(path))).totals["params"].value == held


def test_a_batch_norm_that_is_left_stays_one(tmp_path: Path) -> None:
    import torch

    module, example = network("residual")
    path = export(
        module,
        example,
        tmp_path / "net.onnx",
        "legacy",
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )
    graph: Graph = read(str(path))
    totals = count(graph).totals
    assert totals["params"].value == sum(parameter.numel() for parameter in module.parameters())
    assert totals["buffers"].value == 2 * (8 + 16 + 16)
    assert {"stem.1", "bn1", "bn2"} == {node.name for node in graph.nodes if node.op.tag == "bn"}


UNSPEAKABLE = {
    "shuffle-legacy": "the input 'onnx::Shape_0' cannot be named",
    "decoder-legacy": "there is no layer that makes '/Equal_output_0'",
    "decoder-dynamo": "there is no layer that makes 'eq'",
    "sounds-legacy": "its weight is constant, and the layer is not",
}
"""What a spec cannot say: names that are none, a mask of truth values, weights that stand for others."""


def test_an_exported_network_is_rewritten_and_written_as_a_spec(exported: tuple[str, Any, Any, Path]) -> None:
    name, _, _, path = exported
    graph = read(str(path))
    if name in UNSPEAKABLE:
        with pytest.raises(FlopcountError, match=UNSPEAKABLE[name]):
            spec_text(graph)
        return
    for each in (graph, rewrite(graph, "low-rank:rank=0.25").after):
        again = read_spec(spec_text(each), "net.yaml", batch=each.batch)
        assert [node.name for node in again.nodes] == [node.name for node in each.nodes]
        for total in ("params", "macs", "flops"):
            assert count(again).totals[total] == count(each).totals[total]
