from __future__ import annotations

import pytest

from flopcount.api import analyze
from flopcount.errors import UsageError
from flopcount.part import part_of


def test_a_layer_a_module_and_nothing_that_only_begins_alike() -> None:
    report = analyze("resnet18")
    assert [layer.node.name for layer in part_of(report, "conv1").layers] == ["conv1"]
    names = [layer.node.name for layer in part_of(report, "layer1.0").layers]
    assert names
    assert all(name.startswith("layer1.0.") for name in names)


def test_neither() -> None:
    with pytest.raises(UsageError, match=r"no layer or module is named 'layer1\.2'") as caught:
        part_of(analyze("resnet18"), "layer1.2")
    assert "layer1" in (caught.value.hint or "")
