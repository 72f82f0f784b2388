from __future__ import annotations

import flopcount
from flopcount.budget.figures import Measures
from flopcount.budget.layers import differing, growing, holding

REPORT = flopcount.analyze("alexnet")
PARAMS = Measures(REPORT).of("params")


def test_the_layers_that_hold_most() -> None:
    assert [(held.name, held.value) for held in holding(REPORT.layers, PARAMS)] == [
        ("fc6", 37_752_832), ("fc7", 16_781_312), ("fc8", 4_097_000),
    ]  # fmt: skip
    assert len(holding(REPORT.layers, PARAMS, most=100)) == 8  # what holds nothing is not named


def test_the_layers_that_grew() -> None:
    before = {layer.node.name: value for layer, value in zip(REPORT.layers, PARAMS, strict=True) if value}
    assert growing(REPORT.layers, PARAMS, before) == ()
    before["fc7"] -= 5
    before["conv1"] += 7
    del before["conv5"]
    grew = growing(REPORT.layers, PARAMS, before)
    assert [(held.name, held.value, held.before) for held in grew] == [
        ("conv5", 884_992, None), ("fc7", 16_781_312, 16_781_307),
    ]  # fmt: skip
    assert grew[1].where == "alexnet.yaml:24:5"


def test_the_layers_that_differ() -> None:
    before = {layer.node.name: value for layer, value in zip(REPORT.layers, PARAMS, strict=True) if value}
    before |= {"gone": 1_000, "conv1": before["conv1"] + 7}
    found = differing(REPORT.layers, PARAMS, before, 10)
    assert [(held.name, held.value, held.before) for held in found] == [("gone", 0, 1_000), ("conv1", 34_944, 34_951)]
    assert len(differing(REPORT.layers, PARAMS, before, 1)) == 1
