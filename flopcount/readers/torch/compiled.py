"""Modules that import torchvision where its compiled operators are missing.

Importing torchvision fails for want of `nms` and its kin where it was not built for the torch that is installed, or for
none. A count asks for their shapes alone, which torchvision says in Python: by their names it can be imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_ALIGN = "Tensor input, Tensor rois, float spatial_scale, int pooled_height, int pooled_width"
_SIZES = "int batch_size, int channels, int height, int width"
_DEFORM = (
    "Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, int stride_h, int stride_w, int pad_h, "
    "int pad_w, int dilation_h, int dilation_w, int groups, int offset_groups, bool use_mask"
)
SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    f"roi_align({_ALIGN}, int sampling_ratio, bool aligned) -> Tensor",
    f"_roi_align_backward({_ALIGN}, {_SIZES}, int sampling_ratio, bool aligned) -> Tensor".replace("input", "grad"),
    f"roi_pool({_ALIGN}) -> (Tensor, Tensor)",
    f"_roi_pool_backward({_ALIGN}, Tensor argmax, {_SIZES}) -> Tensor".replace("input", "grad"),
    f"ps_roi_align({_ALIGN}, int sampling_ratio) -> (Tensor, Tensor)",
    f"_ps_roi_align_backward({_ALIGN}, Tensor channels_of, int sampling_ratio, {_SIZES}) -> Tensor",
    f"ps_roi_pool({_ALIGN}) -> (Tensor, Tensor)",
    f"_ps_roi_pool_backward({_ALIGN}, Tensor channels_of, {_SIZES}) -> Tensor",
    f"deform_conv2d({_DEFORM}) -> Tensor",
    f"_deform_conv2d_backward(Tensor grad, {_DEFORM}) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
)
_kept: list[Any] = []
"""Operators live as long as what defines them."""


def import_any(name: str) -> Any:
    """Import a module; where it fails for want of torchvision's compiled operators, with their schemas alone.

    Raises:
        Exception: Whatever else it raises when it is imported.
    """
    try:
        return import_module(name)
    except RuntimeError as error:
        if _kept or "operator torchvision::" not in str(error):
            raise
    for module in [module for module in sys.modules if module.partition(".")[0] == "torchvision"]:
        del sys.modules[module]
    from torch import library

    fragment = library.Library("torchvision", "FRAGMENT")
    _kept.append(fragment)
    for schema in SCHEMAS:
        fragment.define(schema)
    return import_module(name)
