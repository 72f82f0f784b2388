"""A module that stands in several places of a model, and one that is called several times."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest
import torch
from torch import Tensor, nn

from flopcount.conventions import CONVENTIONS
from flopcount.engine import Report, count
from flopcount.metrics import METRICS
from flopcount.sources import load
from flopcount.verifying.verify import WITNESSES, verify

CONV, BIAS, RELU, BN = 9 * 4 * 4 * 64, 4 * 64, 4 * 64, 4 * 64
X = "4x8x8"


class Standing(nn.Module):
    """One convolution at three places, called at two of them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.a = nn.Sequential(self.conv, nn.ReLU())
        self.b = nn.Sequential(self.conv, nn.BatchNorm2d(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x))  # type: ignore[no-any-return]


class Called(nn.Module):
    """One convolution and one activation by two names each, called three times."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()
        self.same, self.again = self.conv, self.act

    def forward(self, x: Tensor) -> Tensor:
        return self.again(self.same(self.act(self.conv(self.act(self.conv(x))))))  # type: ignore[no-any-return]


def counted(model: nn.Module) -> Report:
    return count(load(model, inputs=[X]))


def total(report: Report, convention: str) -> int:
    return sum(METRICS["count"].measure(layer, CONVENTIONS[convention]) or 0 for layer in report.layers)


def test_what_each_makes_of_three_places() -> None:
    report = counted(Standing())
    assert {layer.node.name: layer.node.places for layer in report.layers} == {
        "conv": 3, "a.1": 1, "conv_2": 3, "b.1": 1,
    }  # fmt: skip
    once = {"macs": 2 * CONV, "torchinfo": 2 * (CONV + BIAS) + 8, "fvcore": 2 * CONV + 2 * BN}
    assert {name: total(report, name) for name in once} == once
    assert total(report, "thop") == 9 * 2 * CONV + 4 * BN
    assert total(report, "ptflops-modules") == 3 * 2 * (CONV + BIAS) + RELU + 2 * BN
    assert total(report, "calflops") == 3 * 2 * (2 * CONV + BIAS) + RELU + 2 * BN
    assert total(report, "deepspeed") == 2 * (2 * CONV + BIAS) + RELU + 2 * BN
    (wrong,) = {rule.name for layer in report.layers for rule in CONVENTIONS["thop"].errors(layer.use)}
    assert wrong == "a module that stands in several places hooked and summed at each"


def test_a_module_that_is_called_again_stands_in_one_place() -> None:
    report = counted(Called())
    assert {layer.node.places for layer in report.layers} == {1}
    assert total(report, "thop") == 3 * CONV


@pytest.mark.parametrize("model", [Standing, Called])
@pytest.mark.parametrize(
    "tool", ["thop", "torchinfo", "ptflops", "ptflops-cpu", "ptflops-modules", "calflops", "deepspeed", "torch-cpu"]
)
def test_against_the_tool(tool: str, model: type[nn.Module]) -> None:
    try:
        version(tool.partition("-")[0])
    except PackageNotFoundError:
        pytest.skip(f"{tool} is not installed")
    graph = load(model(), inputs=[X])
    verification = verify(graph, model=model(), args=(torch.zeros(1, 4, 8, 8),), witnesses=(), against=[tool])
    assert (verification.failures, verification.silent) == ((), {})
    assert "" in {check.layer for check in verification.checks}


@pytest.mark.parametrize("model", [Standing, Called])
@pytest.mark.parametrize("witness", WITNESSES)
def test_every_call_belongs_to_its_module(witness: str, model: type[nn.Module]) -> None:
    graph = load(model(), inputs=[X])
    verification = verify(graph, model=model(), args=(torch.zeros(1, 4, 8, 8),), witnesses=[witness])
    assert (verification.failures, verification.silent) == ((), {})
    assert {check.layer for check in verification.checks} >= {"b.1" if model is Standing else "conv", ""}
