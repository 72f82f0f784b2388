"""Networks exported by torch into files that tests read back."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

EXPORTERS = ("legacy", "dynamo")


def export(module: Any, example: Any, path: Path, exporter: str, **options: Any) -> Path:
    """Write a module as an ONNX model, its weights inside."""
    logging.disable(logging.CRITICAL)
    settings: dict[str, Any] = {"opset_version": 17} if exporter == "legacy" else {"external_data": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, (example,), str(path), dynamo=exporter == "dynamo", verbose=False, **settings, **options
        )
    logging.disable(logging.NOTSET)
    return path


def macs(module: Any, example: Any) -> int:
    """What torch itself counts, attention as its products: half of its FLOPs."""
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        module(example)
    flops: int = counter.get_total_flops()
    assert flops % 2 == 0
    return flops // 2
