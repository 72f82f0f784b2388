"""Resolution changed without weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....op import Shape
from ..site import Site, Unmapped
from ..trace import Value
from .table import aten, per_axis

MODES = {
    "nearest": "nearest", "_nearest_exact": "nearest", "linear": "linear", "bilinear": "bilinear",
    "trilinear": "trilinear", "bicubic": "bicubic",
}  # fmt: skip


@aten(
    "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d "
    "_upsample_nearest_exact3d upsample_linear1d upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d"
)
def upsample(site: Site, x: Value, *args: Any, **_: Any) -> Value:
    """aten.upsample_bilinear2d(x, size, align_corners, scales): the size is that of what comes out."""
    operator = site.call.operator
    mode = MODES[operator.removeprefix("_").removeprefix("upsample").rstrip("123d").lstrip("_").removesuffix("_exact")]
    align = mode != "nearest" and any(item is True for item in args)
    fields = _scale(x, site.shape, args) or {"size": per_axis(site.shape[2:])}
    return site.layer("upsample", x, mode=mode, align_corners=align, **fields)


def _scale(x: Value, shape: Shape, args: Sequence[Any]) -> dict[str, Any]:
    """The factors, where it was given whole ones and no size."""
    size, *others = args or (None,)
    factors = others[-1] if size is None and others else None
    if not isinstance(factors, list) or any(factor != int(factor) for factor in factors):
        return {}
    given = [int(factor) for factor in factors]
    enlarged = [own * factor for own, factor in zip(x.shape[2:], given, strict=True)]
    return {"scale": per_axis(given)} if enlarged == list(shape[2:]) else {}


@aten("_upsample_bilinear2d_aa _upsample_bicubic2d_aa")
def upsample_smoothly(site: Site, x: Value, *_: Any, **__: Any) -> Value:
    """aten._upsample_bilinear2d_aa(x, size, ...): enlarging, it is the plain one; reducing, it takes more taps."""
    size = site.shape[2:]
    if any(out < own for out, own in zip(size, x.shape[2:], strict=True)):
        raise Unmapped
    mode = "bicubic" if "bicubic" in site.call.operator else "bilinear"
    return site.layer("upsample", x, size=per_axis(size), mode=mode)


@aten("pixel_shuffle pixel_unshuffle")
def pixel_shuffle(site: Site, x: Value, factor: int) -> Value:
    """aten.pixel_shuffle(x, factor)."""
    return site.layer(site.call.operator, x, factor=factor)


@aten("channel_shuffle native_channel_shuffle")
def channel_shuffle(site: Site, x: Value, groups: int) -> Value:
    """aten.channel_shuffle(x, groups)."""
    return site.layer("channel_shuffle", x, groups=groups)


@aten("grid_sampler grid_sampler_2d grid_sampler_3d")
def grid_sample(
    site: Site, x: Value, grid: Value, mode: int = 0, padding: int = 0, align_corners: bool = False
) -> Value:
    """aten.grid_sampler(x, grid, mode, padding_mode, align_corners)."""
    return site.layer(
        "grid_sample", x, grid, mode=("bilinear", "nearest", "bicubic")[mode],
        padding_mode=("zeros", "border", "reflection")[padding], align_corners=align_corners,
    )  # fmt: skip


@aten("affine_grid_generator")
def affine_grid(site: Site, theta: Value, size: Any, align_corners: bool = False) -> Value:
    """aten.affine_grid_generator(theta, size, align_corners)."""
    return site.layer("affine_grid", theta, size=tuple(size[2:]))


@aten("torchvision.roi_align")
def roi_align(
    site: Site, x: Value, regions: Value, scale: float, height: int, width: int, samples: int, aligned: bool
) -> Value:
    """torchvision.roi_align(x, rois, ...): without a number of samples it depends on the regions."""
    if samples <= 0:
        raise Unmapped
    return site.layer("roi_align", x, regions, out=per_axis((height, width)), samples=samples)
