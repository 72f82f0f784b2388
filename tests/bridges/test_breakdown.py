from __future__ import annotations

import pytest

from flopcount.api import analyze
from flopcount.bridges.breakdown import Part, Price, broken_down
from flopcount.conventions import CONVENTIONS
from flopcount.metrics import METRICS

REPORT = analyze("resnet18")
LAYERS = {layer.node.name: layer for layer in REPORT.layers}


def test_entries_at_their_prices() -> None:
    assert broken_down(LAYERS["fc"], CONVENTIONS["lecture"]) == Price(
        (Part("products", 512_000, 2), Part("results", 1_000, -1), Part("biases", 1_000, 1))
    )


def test_a_rule_is_units_and_an_error_stands_beside() -> None:
    n = 64 * 112 * 112
    relu = broken_down(LAYERS["relu1"], CONVENTIONS["ptflops"])
    assert relu is not None
    assert (relu.units, relu.rules) == (n, ("1 per element of an activation",))
    assert relu.mistakes == {"activations, pooling, upsampling once more: as the function that the module calls": n}


def test_unknown() -> None:
    assert broken_down(LAYERS["relu1"], CONVENTIONS["xla"]) is None


@pytest.mark.parametrize("name", [name for name in CONVENTIONS if name != "xla"])
def test_the_parts_are_the_whole(name: str) -> None:
    for layer in REPORT.layers:
        if price := broken_down(layer, CONVENTIONS[name]):
            parts = sum(part.count * part.price for part in price.parts)
            whole = parts + price.units + sum(price.mistakes.values())
            assert whole == METRICS["count"].measure(layer, CONVENTIONS[name])
