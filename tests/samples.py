"""Networks that several tests look at, put together by hand."""

from __future__ import annotations

from typing import Any

from flopcount.graph import Graph, GraphBuilder, Provenance, Tensor
from flopcount.ops import find_op


class Sample(GraphBuilder):
    """A builder that names ops by their tags."""

    def then(self, x: Tensor, tag: str, name: str, *others: Tensor, **fields: Any) -> Tensor:
        return self.add(find_op(tag)(**fields), [x, *others], name=name, where=f"{self.name}.yaml:{len(self.nodes)}")[0]


def small(*, unknown: bool = False, batch: int = 1, **provenance: Any) -> Graph:
    """A convolution, a depthwise separable block, and a classifier; perhaps a layer that nobody knows."""
    b = Sample("small", batch)
    x = b.input("image", (batch, 3, 8, 8))
    x = b.then(x, "conv", "stem.conv", out=8, kernel=3, padding=1)
    x = b.then(x, "relu", "stem.relu")
    x = b.then(x, "conv", "body.depthwise", out=8, kernel=3, padding=1, groups=8, bias=False)
    x = b.then(x, "bn", "body.bn")
    x = b.then(x, "conv", "body.pointwise", out=16, kernel=1, bias=False)
    if unknown:
        x = b.then(x, "opaque", "body.magic", out=(16, 8, 8))
    x = b.then(x, "flatten", "flatten")
    x = b.then(x, "linear", "linear", out=10)
    return b.build([x], Provenance(source="small.yaml", **provenance))


def resnet50() -> Graph:
    """ResNet-50 with the stride in the 3×3 convolutions."""
    b = Sample("resnet50")
    x = b.then(b.input("image", (1, 3, 224, 224)), "conv", "conv1", out=64, kernel=7, stride=2, padding=3, bias=False)
    x = b.then(b.then(x, "bn", "bn1"), "relu", "relu")
    x = b.then(x, "maxpool", "maxpool", kernel=3, stride=2, padding=1)
    for stage, (blocks, mid) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1):
        for block in range(blocks):
            scope = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            y = x
            for i, (out, kernel, step) in enumerate(((mid, 1, 1), (mid, 3, stride), (4 * mid, 1, 1)), start=1):
                fields = {"out": out, "kernel": kernel, "stride": step, "padding": kernel // 2, "bias": False}
                y = b.then(b.then(y, "conv", f"{scope}.conv{i}", **fields), "bn", f"{scope}.bn{i}")
                y = b.then(y, "relu", f"{scope}.relu{i}") if i < 3 else y
            if block == 0:
                x = b.then(x, "conv", f"{scope}.downsample.0", out=4 * mid, kernel=1, stride=stride, bias=False)
                x = b.then(x, "bn", f"{scope}.downsample.1")
            x = b.then(b.then(y, "add", f"{scope}.add", x), "relu", f"{scope}.relu")
    x = b.then(b.then(x, "global_avgpool", "avgpool"), "flatten", "flatten")
    return b.build([b.then(x, "linear", "fc", out=1000)])
