from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from flopcount.ops.conv import Conv
from tests.torch.layers.running import assert_close, run_with

X = torch.randn(2, 4, 7, 9)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


@pytest.mark.parametrize(
    ("fields", "pads"),
    [
        ({"kernel": 3, "padding": ((0, 2), (1, 0))}, (1, 0, 0, 2)),
        ({"kernel": (4, 2), "padding": "same"}, (0, 1, 1, 2)),
        ({"kernel": 3, "stride": 2, "padding": "same"}, (1, 1, 1, 1)),
        ({"kernel": 4, "stride": (2, 3), "padding": "same", "dilation": (1, 2)}, (2, 2, 1, 2)),
        ({"kernel": 3, "padding": "valid"}, (0, 0, 0, 0)),
        ({"kernel": 3, "padding": (1, 2), "groups": 2}, (2, 2, 1, 1)),
    ],
)
def test_padding(fields: dict[str, Any], pads: tuple[int, ...]) -> None:
    """Padded by hand, as TensorFlow documents `same`: the odd element stands behind."""
    op = Conv(out=6, **fields)
    y, module = run_with(op, X)
    weights = dict(module.named_parameters())
    reference = functional.conv2d(
        functional.pad(X, pads), weights["weight"], weights["bias"], op.stride, 0, op.dilation, op.groups
    )
    assert_close(y, reference)


def test_it_is_torchs_own_layer_where_torch_pads_so() -> None:
    for fields in ({"padding": 1}, {"padding": "same"}, {"padding": ((1, 1), (0, 0))}):
        _, module = run_with(Conv(out=6, kernel=3, **fields), X)
        assert type(module) is torch.nn.Conv2d


def test_it_says_how_it_pads() -> None:
    _, module = run_with(Conv(out=6, kernel=2, padding=((0, 1), (0, 1))), X)
    assert "pads=((0, 1), (0, 1))" in repr(module)
