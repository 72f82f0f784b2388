"""Small networks of many kinds, to be exported and read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Residual(nn.Module):
    """A residual network in small, with a strided shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.conv1 = nn.Conv2d(8, 16, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 16, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.down = nn.Conv2d(8, 16, 1, 2, bias=False)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        y = F.relu(y + self.down(x))
        result: Tensor = self.fc(torch.flatten(F.adaptive_avg_pool2d(y, 1), 1))
        return result


class Mobile(nn.Module):
    """An inverted residual with squeeze-and-excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(3, 24, 1, bias=False), nn.BatchNorm2d(24), nn.Hardswish())
        self.depthwise = nn.Sequential(
            nn.Conv2d(24, 24, 5, 2, 2, groups=24, bias=False), nn.BatchNorm2d(24), nn.ReLU6()
        )
        self.squeeze = nn.Conv2d(24, 8, 1)
        self.excite = nn.Conv2d(8, 24, 1)
        self.project = nn.Conv2d(24, 16, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(self.expand(x))
        s = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        result: Tensor = self.project(x * s)
        return result


class Shuffle(nn.Module):
    """Channels split and shuffled, by the arithmetic on shapes that such code is written in."""

    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.Sequential(nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.Conv2d(8, 8, 1))

    def forward(self, x: Tensor) -> Tensor:
        a, b = x.chunk(2, 1)
        x = torch.cat((a, self.branch(b)), 1)
        n, c, h, w = x.size()
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


class Windows(nn.Module):
    """Attention in shifted windows of a feature map, with a bias by relative position (Swin)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(16)
        self.qkv = nn.Linear(16, 48)
        self.proj = nn.Linear(16, 16)
        self.bias = nn.Parameter(torch.rand(2, 16, 16))

    def forward(self, x: Tensor) -> Tensor:
        n, h, w, c = x.shape
        y = torch.roll(self.norm(x), (-2, -2), (1, 2))
        y = y.view(n, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        q, k, v = self.qkv(y).reshape(y.size(0), 16, 3, 2, c // 2).permute(2, 0, 3, 1, 4)
        scores = (q * (c // 2) ** -0.5) @ k.transpose(-2, -1) + self.bias
        y = self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(y.size(0), 16, c))
        y = y.view(n, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return x + torch.roll(y, (2, 2), (1, 2))


class Encoder(nn.Module):
    """A vision transformer in small: patches, a class token, positions, one block."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 24, 8, 8)
        self.token = nn.Parameter(torch.rand(1, 1, 24))
        self.positions = nn.Parameter(torch.rand(1, 17, 24))
        self.norm1 = nn.LayerNorm(24)
        self.query = nn.Linear(24, 24)
        self.key = nn.Linear(24, 24)
        self.value = nn.Linear(24, 24, bias=False)
        self.out = nn.Linear(24, 24)
        self.norm2 = nn.LayerNorm(24)
        self.mlp = nn.Sequential(nn.Linear(24, 96), nn.GELU(), nn.Linear(96, 24))

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(x.size(0), -1, -1), x), 1) + self.positions
        y = self.norm1(x)
        q, k, v = (layer(y).view(*y.shape[:2], 3, 8).transpose(1, 2) for layer in (self.query, self.key, self.value))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.out(y)
        result: Tensor = x + self.mlp(self.norm2(x))
        return result


class Decoder(nn.Module):
    """A language model in small: embeddings, causal attention, a head tied to the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(50, 16)
        self.wpe = nn.Embedding(32, 16)
        self.attn = nn.Linear(16, 48)
        self.proj = nn.Linear(16, 16)
        self.head = nn.Linear(16, 50, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, tokens: Tensor) -> Tensor:
        n, t = tokens.shape
        x = self.wte(tokens) + self.wpe(torch.arange(t))
        q, k, v = (part.view(n, t, 2, 8).transpose(1, 2) for part in self.attn(x).split(16, 2))
        scores = q @ k.transpose(-2, -1) / 8**0.5
        scores = scores.masked_fill(torch.ones(t, t).tril() == 0, float("-inf"))
        x = x + self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, 16))
        result: Tensor = self.head(x)
        return result


class Segmenter(nn.Module):
    """An encoder and decoder with transposed convolution, interpolation and a skip connection."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, 2, 1)
        self.deep = nn.Conv2d(8, 16, 3, 2, 1)
        self.up = nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1)
        self.merge = nn.Conv2d(16, 8, 3, padding=1)
        self.dilated = nn.Conv2d(8, 4, 3, padding=2, dilation=2)

    def forward(self, x: Tensor) -> Tensor:
        a = F.leaky_relu(self.down(x))
        b = self.up(F.elu(self.deep(a)))
        y = self.dilated(self.merge(torch.cat((a, b), 1)))
        return F.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)


class Dense(nn.Module):
    """Dense connections and average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(11, 8, 3, padding=1)
        self.transition = nn.Conv2d(19, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat((x, self.conv1(x)), 1)
        x = torch.cat((x, self.conv2(x)), 1)
        return F.avg_pool2d(self.transition(x), 2)


class Inception(nn.Module):
    """Parallel branches, one of them pooled."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 4, 1)
        self.b = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 8, (1, 7), padding=(0, 3)))
        self.c = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.a(x), self.b(x), self.c(F.max_pool2d(x, 3, 1, 1))), 1)


class Next(nn.Module):
    """A block of ConvNeXt: a large depthwise kernel, channels last, a learned scale."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm = nn.LayerNorm(8)
        self.expand = nn.Linear(8, 32)
        self.project = nn.Linear(32, 8)
        self.scale = nn.Parameter(torch.rand(8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.project(F.gelu(self.expand(y))).permute(0, 3, 1, 2)
        result: Tensor = x + self.scale * y
        return result


class Upscaler(nn.Module):
    """Sub-pixel convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 3, padding=1)
        self.act = nn.PReLU(12)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.shuffle(self.act(self.conv(x)))
        return result


class Sounds(nn.Module):
    """One-dimensional convolution with groups, and group normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(4, 16, 5, 2, 2)
        self.norm = nn.GroupNorm(4, 16)
        self.conv2 = nn.Conv1d(16, 16, 3, padding=1, groups=4)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.fc(F.silu(self.conv2(self.norm(self.conv1(x)))).mean(-1))
        return result


class Video(nn.Module):
    """Three-dimensional convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 8, (3, 5, 5), (1, 2, 2), (1, 2, 2))
        self.pool = nn.MaxPool3d(2)
        self.conv2 = nn.Conv3d(8, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.conv2(self.pool(F.relu(self.conv1(x))))
        return result


IMAGE = (1, 3, 32, 32)

NETWORKS: dict[str, tuple[Callable[[], nn.Module], Callable[[], Tensor]]] = {
    "residual": (Residual, lambda: torch.rand(IMAGE)),
    "mobile": (Mobile, lambda: torch.rand(IMAGE)),
    "shuffle": (Shuffle, lambda: torch.rand(1, 16, 8, 8)),
    "windows": (Windows, lambda: torch.rand(1, 8, 8, 16)),
    "encoder": (Encoder, lambda: torch.rand(IMAGE)),
    "decoder": (Decoder, lambda: torch.randint(0, 50, (1, 12))),
    "segmenter": (Segmenter, lambda: torch.rand(IMAGE)),
    "dense": (Dense, lambda: torch.rand(IMAGE)),
    "inception": (Inception, lambda: torch.rand(IMAGE)),
    "next": (Next, lambda: torch.rand(1, 8, 16, 16)),
    "upscaler": (Upscaler, lambda: torch.rand(IMAGE)),
    "sounds": (Sounds, lambda: torch.rand(1, 4, 64)),
    "video": (Video, lambda: torch.rand(1, 3, 8, 16, 16)),
}


def network(name: str) -> tuple[Any, Tensor]:
    """A network at test time, its weights all different (exporters merge equal ones), and an input."""
    make, example = NETWORKS[name]
    torch.manual_seed(0)
    module = make().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.1, 0.1)
    return module, example()
