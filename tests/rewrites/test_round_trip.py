"""Whatever a rewrite makes of a network can be written as a spec that reads back to the same counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcount import library
from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.graph import Graph
from flopcount.payload import report_data
from flopcount.readers.spec import read
from flopcount.readers.spec.write import spec_text
from flopcount.rewriting import rewrite
from flopcount.sources import load
from tests.graphs import graphs

REQUESTS = (
    "separable", "separable:between=bn,relu", "fold-bn", "bottleneck", "bottleneck:expand=true,between=relu",
    "grouped:groups=2", "width:factor=0.75", "width:factor=2,multiple=1", "resolution:size=96", "low-rank:rank=0.25",
    "factorize", "transfer:classes=20", "transfer:classes=20,freeze=none",
)  # fmt: skip

REFUSED = {
    "grouped:groups=2": {
        "alexnet", "densenet", "googlenet", "googlenet_torchvision", "lecture_ten_filters", "lecture_try_this",
        "mobilenet_v1", "mobilenet_v2", "efficientnet", "resnet", "squeezenet", "unet", "vgg", "vit",
    },
    "transfer:classes=20": {"inception_module"},
    "transfer:classes=20,freeze=none": {"inception_module"},
    "resolution:size=96": {"alexnet", "vgg", "vit", "gpt2", "lstm_lm"},
}  # fmt: skip
"""The shipped networks that a rewrite cannot be applied to, and says so."""


def counts(graph: Graph) -> dict[str, Any]:
    """Every number of a training step, layer by layer, without the places."""
    data = report_data(count(graph, mode="train"))
    for layer in data["layers"]:
        del layer["where"]
    return {key: data[key] for key in ("inputs", "batch", "totals", "layers")}


def returns(graph: Graph) -> bool:
    return counts(read(spec_text(graph), "again.yaml", batch=graph.batch)) == counts(graph)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("name", [path.stem for path in library.files()])
def test_every_shipped_network_and_rewrite(name: str, request_: str) -> None:
    if name in REFUSED.get(request_, ()):
        with pytest.raises(FlopcountError) as caught:
            rewrite(load(name), request_)
        assert caught.value.exit_status == 2
    else:
        assert returns(rewrite(load(name), request_).after)


@given(graphs(), st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=2))
@settings(max_examples=150)
def test_random_networks(graph: Graph, requests: list[str]) -> None:
    """A rewrite of anything is a network again, or an error of ours."""
    try:
        rewriting = rewrite(graph, requests)
    except FlopcountError:
        return
    names = {node.name for node in rewriting.after.nodes}
    assert all(stand and names >= {*stand} for stand in rewriting.replaced.values())
    assert {node.name for node in graph.nodes} - names <= rewriting.replaced.keys()
    assert returns(rewriting.after)
