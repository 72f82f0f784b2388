"""Models of somebody's own, as sources name them: `tests.readers.torch.networks:Small`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Small(nn.Module):
    """A convolution and a classifier; it prints, as people's code does."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, classes)
        self.seen: Any = None

    def forward(self, image: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        print("running")
        image = torch.relu_(self.bn(self.conv(image))) * scale
        self.seen = image
        result: torch.Tensor = self.fc(image.mean((2, 3)))
        return result


class Two(nn.Module):
    """Two inputs by name, several results in a dictionary."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> dict[str, Any]:
        return {"product": left @ right, "both": [left + 1, (right,)]}


class Asking(Small):
    """Python that depends on numbers."""

    def forward(self, image: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        image = self.conv(image)
        result: torch.Tensor = self.fc(image.amax((2, 3)) if bool(image.sum() > 1e9) else image.mean((2, 3)))
        return result


class Huge(nn.Module):
    """More parameters than a machine has memory for; some shape depends on numbers in its constructor."""

    def __init__(self, layers: int = 4) -> None:
        super().__init__()
        widths = (torch.linspace(1, 2, layers) * 2**20).int().tolist()
        self.layers = nn.ModuleList(nn.Linear(2**20, width) for width in widths)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [layer(x) for layer in self.layers]


class Failing(nn.Module):
    """It fails when it is run."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError("not today\nnor tomorrow")


class Container:
    """Something that holds a model."""

    model = Small()


small = Small(classes=7).train()
number = 3


def make(classes: int = 10) -> nn.Module:
    """A model, made."""
    return nn.Sequential(Small(classes), nn.Softmax(-1))


def nothing() -> None:
    """No model."""


def image() -> torch.Tensor:
    """One argument."""
    return torch.rand(2, 3, 16, 16)


def arguments() -> Any:
    """Arguments in order and by name."""
    return (torch.rand(2, 3, 16, 16),), {"scale": 2.0}


def by_name() -> dict[str, torch.Tensor]:
    """Arguments by name."""
    return {"left": torch.rand(4, 5), "right": torch.rand(5, 6)}


def words() -> str:
    """No tensor."""
    return "words"
