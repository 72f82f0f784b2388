"""Normalisation."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from ...op import Shape
from ...ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm


class BatchNormNd(_BatchNorm):
    """Batch normalisation over more axes than torch's have."""

    def _check_input_dim(self, input: Tensor) -> None:
        pass


class InstanceNormNd(_InstanceNorm):
    """Instance normalisation over more axes than torch's have."""

    axes: int

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def _get_no_batch_dim(self) -> int:
        return self.axes


BATCH: Any = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
INSTANCE: Any = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d, 5: nn.InstanceNorm3d}


def bn(op: BatchNorm, x: Shape) -> nn.Module:
    """Torch's own, which also counts the batches that it has seen."""
    kind = BATCH.get(len(x), BatchNormNd)
    module: nn.Module = kind(x[1], affine=op.affine, track_running_stats=op.track)
    return module


def instance_norm(op: InstanceNorm, x: Shape) -> nn.Module:
    """Torch's own."""
    module: Any = INSTANCE.get(len(x), InstanceNormNd)(x[1], affine=op.affine)
    if isinstance(module, InstanceNormNd):
        module.axes = len(x) - 1
    return module  # type: ignore[no-any-return]


def gn(op: GroupNorm, x: Shape) -> nn.Module:
    """Torch's own."""
    return nn.GroupNorm(op.groups, x[1], affine=op.affine)


def ln(op: LayerNorm, x: Shape) -> nn.Module:
    """Torch's own."""
    return nn.LayerNorm(x[-op.axes :], elementwise_affine=op.affine, bias=op.bias)


def rms_norm(op: RMSNorm, x: Shape) -> nn.Module:
    """Torch's own."""
    return nn.RMSNorm(x[-op.axes :], elementwise_affine=op.affine)


MODULES = {"bn": bn, "gn": gn, "instance_norm": instance_norm, "ln": ln, "rms_norm": rms_norm}
