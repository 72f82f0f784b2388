"""Torchvision without its compiled operators: their schemas alone, which is all that importing it asks for.

Where torchvision has no build for the torch that is installed, importing it fails for want of `nms` and its kin.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import torch

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


def import_torchvision() -> Any:
    """Torchvision, its operators defined by name where it cannot find them.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        _kept.append(library)
        for schema in SCHEMAS:
            library.define(schema)
        return importlib.import_module("torchvision")
