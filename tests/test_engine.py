from __future__ import annotations

import pytest

from flopcount.conventions import CONVENTIONS
from flopcount.engine import Layer, Total, count
from flopcount.ops.linear import Linear
from tests.samples import Sample, small


def test_a_layer_per_node_in_order() -> None:
    graph = small()
    assert [layer.node for layer in count(graph).layers] == list(graph.nodes)


def test_shared_weights_count_at_their_first_use() -> None:
    b = Sample("tied")
    x = b.input("x", (1, 8))
    (y,) = b.add(Linear(out=8), [x], name="a")
    weight, bias = b.nodes[0].weights
    b.add(Linear(out=8), [y], name="b", tied={"weight": weight, "bias": bias})
    first, second = count(b.build([y])).layers
    assert (first.params, first.trainable_params, first.shared) == (72, 72, ())
    assert (second.params, second.trainable_params, second.shared) == (0, 0, ("a.weight", "a.bias"))
    assert first.work == second.work


def test_frozen_parameters_are_parameters_that_training_leaves() -> None:
    b = Sample("frozen")
    b.add(Linear(out=8), [b.input("x", (1, 8))], name="a", trainable=False)
    (layer,) = count(b.build([])).layers
    assert (layer.params, layer.trainable_params) == (72, 0)


def test_buffers_are_no_parameters() -> None:
    bn = count(small()).layers[3]
    assert (bn.params, bn.trainable_params, bn.buffers) == (16, 16, 16)


def test_the_unknown_is_none_and_makes_totals_lower_bounds() -> None:
    report = count(small(unknown=True))
    (magic,) = report.uncounted
    assert magic == Layer(magic.node, None, None, None, None)
    assert magic.node.outputs[0].shape == (1, 16, 8, 8)
    known = count(small()).totals
    for key in ("params", "macs", "count", "buffers"):
        assert report.totals[key] == Total(known[key].value, unknown=1)


def test_totals_add() -> None:
    assert sum([Total(1), Total(2, 3)], Total(0)) == Total(3, 3)


@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=CONVENTIONS)
def test_the_convention_changes_prices_and_no_counts(convention: object) -> None:
    report = count(small(), CONVENTIONS[convention.name])  # type: ignore[attr-defined]
    assert report.layers == count(small()).layers


def test_notebooks_see_a_table() -> None:
    assert "<table" in count(small())._repr_html_()
