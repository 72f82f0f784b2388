"""Whole networks: a training step against `loss.backward()` under torch's own counter."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.graph import Graph, Tensor
from tests.samples import Sample

IMAGE = (2, 3, 16, 16)


class Block(torch.nn.Module):
    """A residual block with a projection, as in ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(8, 16, 3, 2, 1, bias=False)
        self.conv2 = torch.nn.Conv2d(16, 16, 3, 1, 1, bias=False)
        self.downsample = torch.nn.Conv2d(8, 16, 1, 2, bias=False)
        self.norm = torch.nn.BatchNorm2d(16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(self.conv2(torch.relu(self.conv1(x)))) + self.downsample(x))


class ResNet(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.depthwise = torch.nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.block = Block()
        self.up = torch.nn.ConvTranspose2d(16, 4, 2, 2)
        self.fc = torch.nn.Linear(4, 10)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.block(torch.relu(self.depthwise(self.stem(x))))
        return self.fc(self.up(x).mean((2, 3)))


def resnet(frozen: frozenset[str]) -> Graph:
    b = Sample("resnet", batch=IMAGE[0])

    def layer(x: Tensor, tag: str, name: str, **fields: Any) -> Tensor:
        from flopcount.ops import find_op

        trainable = not any(name.startswith(prefix) for prefix in frozen)
        return b.add(find_op(tag)(**fields), [x], name=name, trainable=trainable)[0]

    x = layer(b.input("x", IMAGE), "conv", "stem", out=8, kernel=3, padding=1)
    x = b.then(layer(x, "conv", "depthwise", out=8, kernel=3, padding=1, groups=8), "relu", "relu")
    y = layer(x, "conv", "block.conv1", out=16, kernel=3, stride=2, padding=1, bias=False)
    y = layer(b.then(y, "relu", "block.relu"), "conv", "block.conv2", out=16, kernel=3, padding=1, bias=False)
    y = layer(y, "bn", "block.norm")
    x = layer(x, "conv", "block.downsample", out=16, kernel=1, stride=2, bias=False)
    x = b.then(b.then(y, "add", "block.add", x), "relu", "block.last")
    x = b.then(layer(x, "conv_transpose", "up", out=4, kernel=2, stride=2), "mean", "mean", axes=(2, 3))
    return b.build([layer(x, "linear", "fc", out=10)])


class Encoder(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(12), torch.nn.LayerNorm(12)
        self.attention = torch.nn.MultiheadAttention(12, 3, batch_first=True)
        self.up, self.down = torch.nn.Linear(12, 24), torch.nn.Linear(24, 12)

    def forward(self, x: torch.Tensor) -> Any:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.down(torch.nn.functional.gelu(self.up(self.norm2(x))))


class Transformer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(3, 12, 4, 4)
        self.encoder1, self.encoder2 = Encoder(), Encoder()
        self.head = torch.nn.Linear(12, 10)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.encoder2(self.encoder1(x)).mean(1))


def transformer(frozen: frozenset[str]) -> Graph:
    from flopcount.ops import find_op

    b = Sample("transformer", batch=IMAGE[0])

    def layer(x: Tensor, tag: str, name: str, **fields: Any) -> Tensor:
        trainable = not any(name.startswith(prefix) for prefix in frozen)
        return b.add(find_op(tag)(**fields), [x], name=name, trainable=trainable)[0]

    x = layer(b.input("x", IMAGE), "conv", "patches", out=12, kernel=4, stride=4)
    x = b.then(b.then(x, "flatten", "flatten", start=2), "transpose", "transpose")
    for scope in ("encoder1", "encoder2"):
        y = layer(layer(x, "ln", f"{scope}.norm1"), "attention", f"{scope}.attention", heads=3)
        x = b.then(x, "add", f"{scope}.add1", y)
        y = layer(layer(x, "ln", f"{scope}.norm2"), "linear", f"{scope}.up", out=24)
        y = layer(b.then(y, "gelu", f"{scope}.gelu"), "linear", f"{scope}.down", out=12)
        x = b.then(x, "add", f"{scope}.add2", y)
    return b.build([layer(b.then(x, "mean", "mean", axes=(1,)), "linear", "head", out=10)])


def torchs_total(model: torch.nn.Module, frozen: frozenset[str]) -> int:
    """Forward and backward, by torch's counter; the parts that are frozen ask for no gradient."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not any(name.startswith(prefix) for prefix in frozen))
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(IMAGE, device="meta")).sum().backward()
    total: int = counter.get_total_flops()
    return total


@pytest.mark.parametrize(
    ("kind", "graph", "frozen"),
    [
        (ResNet, resnet, ()),
        (ResNet, resnet, ("stem",)),
        (ResNet, resnet, ("stem", "depthwise", "block")),
        (ResNet, resnet, ("block.conv2", "up")),
        (ResNet, resnet, ("fc",)),
        (Transformer, transformer, ()),
        (Transformer, transformer, ("patches", "encoder1")),
        (Transformer, transformer, ("encoder2.attention", "head")),
        (Transformer, transformer, ("patches", "encoder1.attention", "encoder1.norm")),
    ],
)
def test_torch_counts_the_same_step(kind: Any, graph: Any, frozen: tuple[str, ...]) -> None:
    with torch.device("meta"):
        model = kind()
    report = count(graph(frozenset(frozen)), find_convention("torch"), "train")
    assert report.totals["count"].value == torchs_total(model, frozenset(frozen))


def test_the_grouped_weight_gradient_that_torch_counts_too_high_is_named() -> None:
    from flopcount.footer import own_notes
    from flopcount.metrics import Figures

    report = count(resnet(frozenset()), find_convention("torch"), "train")
    assert list(own_notes(report, Figures(report))) == [
        "the convention 'torch' reproduces an error of its tool in 1 layer: "
        "the weight gradient of a grouped convolution, groups times too high"
    ]
    frozen = count(resnet(frozenset({"depthwise"})), find_convention("torch"), "train")
    assert list(own_notes(frozen, Figures(frozen))) == []
