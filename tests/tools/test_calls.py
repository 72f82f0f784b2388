"""The same arithmetic, called in several ways: by a sign, a method, a function, or torch's module of attention."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from flopcount.conventions import CONVENTIONS
from flopcount.engine import Report, count
from flopcount.graph import Graph
from flopcount.metrics import METRICS
from flopcount.sources import load
from flopcount.verifying.verify import verify

X = (1, 6, 16)
TORCH = CONVENTIONS["torch"]
LINEAR, PRODUCT, SCORES = 6 * 16 * 16, 6 * 6 * 16, 6 * 6


class Signs(nn.Module):
    """Signs, and methods of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        scores = (self.q(x) @ x.transpose(1, 2) / 4).softmax(-1).relu()
        return scores @ x + x * 2  # type: ignore[no-any-return]


class Functions(Signs):
    """Functions of torch, and of torch.nn.functional."""

    def forward(self, x: Tensor) -> Tensor:
        scores = functional.relu(functional.softmax(torch.matmul(self.q(x), x.transpose(1, 2)).mul(0.25), -1))
        return torch.add(torch.matmul(scores, x), torch.mul(x, 2))


class Weighing(nn.Module):
    """Attention that returns its weights, which torch writes out."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x)[0]  # type: ignore[no-any-return]


class Enlarging(nn.Module):
    """Upsampling by a factor and to a size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.up = nn.Conv1d(6, 6, 1), nn.Upsample(scale_factor=3)

    def forward(self, x: Tensor) -> Tensor:
        return functional.interpolate(self.up(self.conv(x)), size=5)


def graph_of(model: type[nn.Module]) -> Graph:
    return load(model(), inputs=["6x16"])


def total(model: type[nn.Module], convention: str) -> int:
    report: Report = count(graph_of(model))
    return sum(METRICS["count"].measure(layer, CONVENTIONS[convention]) or 0 for layer in report.layers)


def test_signs_are_seen_by_few() -> None:
    assert total(Signs, "macs") == LINEAR + 2 * PRODUCT
    assert total(Signs, "ptflops-cpu") == LINEAR + 96
    assert total(Signs, "calflops") == 2 * LINEAR
    assert total(Signs, "deepspeed") == 2 * LINEAR + 4 * PRODUCT
    report = count(graph_of(Signs))
    errors = [{rule.name for rule in CONVENTIONS["calflops"].errors(layer.use)} for layer in report.layers]
    assert set().union(*errors) == {
        "no matrix product by the sign @", "no activation but by a module or torch.nn.functional",
    }  # fmt: skip


def test_functions_are_seen() -> None:
    elementwise = SCORES + 96 + 96 + 2 * SCORES
    assert total(Functions, "ptflops-cpu") == LINEAR + 96 + 2 * PRODUCT + elementwise
    assert total(Functions, "calflops") == 2 * LINEAR + 4 * PRODUCT + elementwise
    assert total(Functions, "macs") == total(Signs, "macs")


class Encoder(nn.Module):
    """A layer of torch's own that holds its activation, which the tools patch too late."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("tool", "count"),
    [("ptflops", 26_832), ("ptflops-cpu", 14_544), ("thop", 6_912), ("torchinfo", 1_136), ("calflops", 25_536),
     ("deepspeed", 27_840)],
)  # fmt: skip
def test_an_activation_that_a_layer_of_torchs_holds_is_not_seen(tool: str, count: int) -> None:
    """What each printed; see the sources that the conventions name."""
    assert total(Encoder, tool) == count
    if find_spec(tool.partition("-")[0]) is not None:
        verification = verify(graph_of(Encoder), model=Encoder(), args=(torch.zeros(X),), witnesses=[], against=[tool])
        assert (verification.failures, verification.silent) == ((), {})


class Bilinear(nn.Module):
    """An embedding, and a form in it twice."""

    def __init__(self) -> None:
        super().__init__()
        self.form = nn.Bilinear(16, 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.form(x, x)  # type: ignore[no-any-return]


def test_a_bilinear_layer_is_an_operator_without_a_formula() -> None:
    assert total(Bilinear, "macs") > 0
    assert {total(Bilinear, name) for name in ("torch", "torch-cpu", "fvcore", "ptflops-aten", "calflops")} == {0}
    (error,) = {rule.name for layer in count(graph_of(Bilinear)).layers for rule in TORCH.errors(layer.use)}
    assert error == "no bilinear layer: it is one operator without a formula"
    for witnesses, against in ((["FlopCounterMode", "fvcore"], []), ([], ["torch-cpu"]), ([], ["ptflops-aten"])):
        if against == ["ptflops-aten"] and find_spec("ptflops") is None:
            continue
        verification = verify(
            graph_of(Bilinear), model=Bilinear(), args=(torch.zeros(X),), witnesses=witnesses, against=against
        )
        assert (verification.failures, verification.silent) == ((), {})


class Cells(nn.Module):
    """A recurrent cell, which is a module of several operators."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x[:, 0])  # type: ignore[no-any-return]


def test_what_is_counted_in_a_cell_is_not_known() -> None:
    layers = [layer for layer in count(graph_of(Cells)).layers if layer.node.op.tag == "linear"]
    assert [layer.node.origin for layer in layers] == ["cell", "cell"]
    for name in ("thop", "ptflops", "ptflops-cpu", "ptflops-modules", "deepspeed", "calflops", "torchinfo"):
        assert {METRICS["count"].measure(layer, CONVENTIONS[name]) for layer in layers} == {None}
    assert total(Cells, "torch") == 2 * total(Cells, "macs") == 2 * (16 * 15 + 5 * 15)


def test_upsampling_by_a_factor_stays_that() -> None:
    scaled, sized = (node.op for node in graph_of(Enlarging).nodes if node.op.tag == "upsample")
    assert (scaled.scale, scaled.size) == (3, None)  # type: ignore[attr-defined]
    assert (sized.scale, sized.size) == (None, 5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [Signs, Functions, Weighing, Enlarging])
@pytest.mark.parametrize("tool", ["ptflops", "ptflops-cpu", "ptflops-modules", "calflops", "deepspeed", "thop"])
def test_against_the_tool(tool: str, model: type[nn.Module]) -> None:
    try:
        version(tool.partition("-")[0])
    except PackageNotFoundError:
        pytest.skip(f"{tool} is not installed")
    verification = verify(graph_of(model), model=model(), args=(torch.zeros(X),), witnesses=(), against=[tool])
    assert (verification.failures, verification.silent) == ((), {})
