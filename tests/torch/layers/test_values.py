"""What each op's module computes, beside the same said in other words: a row an op and a setting.

Convolution, attention and pooling have files of their own; what mostly readers make is said in `stated/`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from flopcount.ops import OPS, find_op
from tests.torch.layers.running import assert_close, run_with
from tests.torch.layers.stated import Case, Weights, by_numpy, elements, places, sums

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")
torch.manual_seed(0)
ROWS = torch.randn(2, 6)
TOKENS = torch.randn(2, 5, 6)
IMAGE = torch.randn(2, 4, 6, 8)
VOLUME = torch.randn(2, 8, 2, 4, 2)
A, B = torch.randn(2, 3, 4), torch.randn(5, 2, 4, 3)
POSITIVE = torch.rand(2, 3) + 0.5
IDS = torch.tensor([[0, 2, 1]])


def normalised(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    return (x - x.mean(dims, keepdim=True)) / (x.var(dims, correction=0, keepdim=True) + 1e-5).sqrt()


def halves(function: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda w, x: function(x[..., : x.shape[-1] // 2]) * x[..., x.shape[-1] // 2 :]


def pointwise(tag: str, function: Callable[[Tensor], Tensor], x: Tensor = TOKENS, **fields: Any) -> Case:
    return tag, fields, (x,), lambda w, x: function(x)


def lrn(w: Weights, x: Tensor) -> Tensor:
    squares = functional.pad(x * x, (0, 0, 0, 0, 1, 1))
    sums = sum(squares[:, i : i + x.shape[1]] for i in range(3))
    return x / (2 + 1e-4 * sums) ** 0.75


def depth_to_space(w: Weights, x: Tensor) -> Tensor:
    y = torch.zeros(x.shape[0], x.shape[1] // 8, *(2 * size for size in x.shape[2:]))
    for i in range(2):
        for j in range(2):
            for k in range(2):
                y[:, :, i::2, j::2, k::2] = x[:, 4 * i + 2 * j + k :: 8]
    return y


def space_to_depth(w: Weights, x: Tensor) -> Tensor:
    parts = [x[:, :, i::2, j::2, k::2] for i in range(2) for j in range(2) for k in range(2)]
    return torch.stack(parts, 2).flatten(1, 2)


def shuffled(w: Weights, x: Tensor) -> Tensor:
    return x[:, [0, 2, 1, 3]]


def recurrent(kind: Any, **fields: Any) -> Callable[..., Tensor]:
    """Torch's own layer with the same weights."""

    def reference(w: Weights, x: Tensor) -> Tensor:
        layer = kind(6, 3, batch_first=True, **fields)
        layer.load_state_dict(w)
        y: Tensor = layer(x)[0].detach()
        return y

    return reference


def linear(w: Weights, x: Tensor) -> Tensor:
    return (x[..., None, :] * w["weight"]).sum(-1) + w["bias"]


def transposed(w: Weights, x: Tensor) -> Tensor:
    y = torch.zeros(x.shape[0], 3, 2 * x.shape[2] + 1)
    for i in range(x.shape[2]):
        y[:, :, 2 * i : 2 * i + 3] += torch.einsum("nc,cof->nof", x[:, :, i], w["weight"])
    return y + w["bias"][:, None]


def contracted(w: Weights, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return (a @ b[..., None])[..., 0] @ c


def padded(*ends: tuple[int, int], mode: str = "constant", **named: Any) -> Callable[..., Tensor]:
    return lambda w, x: torch.as_tensor(np.pad(x.numpy(), ends, mode, **named))  # type: ignore[call-overload]


CASES: list[Case] = [
    pointwise("abs", lambda x: torch.where(x < 0, -x, x)),
    pointwise("celu", lambda x: torch.where(x > 0, x, 2 * (torch.exp(x / 2) - 1)), alpha=2),
    pointwise("clamp", lambda x: x.clip(-0.5, 0.5), min=-0.5, max=0.5),
    pointwise("cos", lambda x: torch.sin(x + math.pi / 2)),
    pointwise("dropout", lambda x: x, p=0.5),
    pointwise("elu", lambda x: torch.where(x > 0, x, 2 * (torch.exp(x) - 1)), alpha=2),
    pointwise("exp", lambda x: math.e**x),
    pointwise("gelu", lambda x: x / 2 * (1 + torch.erf(x / 2**0.5))),
    pointwise(
        "gelu",
        lambda x: x / 2 * (1 + torch.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3))),
        approximate="tanh",
    ),
    pointwise("hardsigmoid", lambda x: (x + 3).clip(0, 6) / 6),
    pointwise("hardswish", lambda x: x * (x + 3).clip(0, 6) / 6),
    pointwise("hardtanh", lambda x: x.clip(-2, 1), low=-2, high=1),
    pointwise("identity", lambda x: x),
    pointwise("leaky_relu", lambda x: torch.where(x > 0, x, x / 5), slope=0.2),
    pointwise("log", lambda x: torch.log2(x) * math.log(2), POSITIVE),
    pointwise("logsigmoid", lambda x: torch.log(1 / (1 + torch.exp(-x)))),
    pointwise("mish", lambda x: x * torch.tanh(torch.log(1 + torch.exp(x)))),
    pointwise("neg", lambda x: 0 - x),
    pointwise("pow", lambda x: x * x * x, exponent=3),
    pointwise("reciprocal", lambda x: 1 / x),
    pointwise("relu", lambda x: x * (x > 0)),
    pointwise("relu6", lambda x: x.clip(0, 6), 4 * TOKENS),
    pointwise("rsqrt", lambda x: x**-0.5, POSITIVE),
    pointwise("scale", lambda x: x + x, by=2),
    pointwise("selu", lambda x: 1.0507009873554805 * torch.where(x > 0, x, 1.6732632423543772 * (torch.exp(x) - 1))),
    pointwise("shift", lambda x: x - -2, by=2),
    pointwise("sigmoid", lambda x: 1 / (1 + torch.exp(-x))),
    pointwise("silu", lambda x: x / (1 + torch.exp(-x))),
    pointwise("sin", lambda x: torch.cos(x - math.pi / 2)),
    pointwise("softplus", lambda x: torch.log(1 + torch.exp(x))),
    pointwise("softsign", lambda x: x / (1 + x.abs())),
    pointwise("sqrt", lambda x: x**0.5, POSITIVE),
    pointwise("square", lambda x: x * x),
    pointwise("tanh", lambda x: (torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)),
    ("prelu", {"per_channel": True}, (IMAGE,), lambda w, x: torch.where(x > 0, x, w["weight"][:, None, None] * x)),
    ("glu", {}, (TOKENS,), lambda w, x: x[..., :3] * torch.sigmoid(x[..., 3:])),
    ("swiglu", {}, (TOKENS,), halves(lambda a: a * torch.sigmoid(a))),
    ("geglu", {}, (TOKENS,), halves(lambda a: a / 2 * (1 + torch.erf(a / 2**0.5)))),
    ("softmax", {"axis": 1}, (TOKENS,), lambda w, x: torch.exp(x) / torch.exp(x).sum(1, keepdim=True)),
    ("log_softmax", {}, (TOKENS,), lambda w, x: x - torch.exp(x).sum(-1, keepdim=True).log()),
    ("add", {}, (ROWS, ROWS, ROWS[:1]), lambda w, a, b, c: a + b + c),
    ("sub", {}, (ROWS, ROWS[:1]), lambda w, a, b: a - b),
    ("mul", {}, (ROWS, ROWS[0], ROWS), lambda w, a, b, c: a * b * c),
    ("div", {}, (ROWS, ROWS.flip(0)), lambda w, a, b: a / b),
    ("maximum", {}, (ROWS, ROWS.flip(0)), lambda w, a, b: torch.where(a > b, a, b)),
    ("minimum", {}, (ROWS, ROWS.flip(0)), lambda w, a, b: torch.where(a > b, b, a)),
    ("concat", {"axis": -1}, (ROWS, ROWS[:, :2]), lambda w, a, b: torch.hstack([a, b])),
    ("stack", {"axis": -1}, (ROWS, -ROWS), lambda w, a, b: torch.dstack([a, b])),
    ("linear", {"out": 3}, (TOKENS,), linear),
    ("embedding", {"vocab": 4, "dim": 3}, (IDS,), lambda w, x: w["weight"][x]),
    ("embedding", {"vocab": 4, "dim": 3}, (IDS.to(torch.uint8),), lambda w, x: w["weight"][x.long()]),
    ("matmul", {}, (A, B), lambda w, a, b: torch.einsum("nik,mnkj->mnij", a, b)),
    ("matmul", {"transpose": True}, (A, A), lambda w, a, b: torch.einsum("nik,njk->nij", a, b)),
    ("matmul", {}, (A, A[0, 0]), lambda w, a, b: (a * b).sum(-1)),
    ("matmul", {}, (A[0, 0], B), lambda w, a, b: (a[:, None] * b).sum(-2)),
    ("matmul", {}, (A[0, 0], A[0, 1]), lambda w, a, b: (a * b).sum()),
    ("einsum", {"equation": "nik,mnkj->mij"}, (A, B), lambda w, a, b: (a @ b).sum(1)),
    ("einsum", {"equation": "...ik,...k,i->..."}, (A, A[:, 0], A[0, :, 0]), contracted),
    ("bn", {}, (IMAGE,), lambda w, x: x / (1 + 1e-5) ** 0.5),
    ("bn", {"track": False}, (IMAGE,), lambda w, x: normalised(x, (0, 2, 3))),
    ("bn", {"track": False}, (VOLUME[..., None],), lambda w, x: normalised(x, (0, 2, 3, 4, 5))),
    ("instance_norm", {}, (IMAGE,), lambda w, x: normalised(x, (2, 3))),
    ("instance_norm", {"affine": True}, (VOLUME[..., None],), lambda w, x: normalised(x, (2, 3, 4, 5))),
    ("gn", {"groups": 2}, (IMAGE,), lambda w, x: normalised(x.reshape(2, 2, -1), (2,)).reshape(x.shape)),
    ("ln", {"axes": 2}, (TOKENS,), lambda w, x: normalised(x, (1, 2))),
    ("rms_norm", {}, (TOKENS,), lambda w, x: x / (x.square().mean(-1, keepdim=True)).sqrt()),
    ("lrn", {"size": 3}, (IMAGE,), lrn),
    ("conv_transpose", {"out": 3, "kernel": 3, "stride": 2}, (TOKENS,), transposed),
    ("dynamic_conv", {}, (A, A[..., :3]), lambda w, x, f: torch.einsum("ncok,dck->ndo", x.unfold(2, 3, 1), f)),
    ("adaptive_avgpool", {"out": (2, 1)}, (IMAGE,), lambda w, x: x.reshape(2, 4, 2, 3, 8).mean((3, 4))[..., None]),
    ("adaptive_maxpool", {"out": (2, 1)}, (IMAGE,), lambda w, x: x.reshape(2, 4, 2, 3, 8).amax((3, 4))[..., None]),
    ("pad", {"padding": ((1, 0), 2), "value": 3}, (ROWS[None],), padded((0, 0), (1, 0), (2, 2), constant_values=3)),
    ("pad", {"padding": ((1, 2), 2), "mode": "reflect"}, (TOKENS,), padded((0, 0), (1, 2), (2, 2), mode="reflect")),
    ("pad", {"padding": ((3, 2),), "mode": "replicate"}, (IMAGE,), padded(*((0, 0),) * 3, (3, 2), mode="edge")),
    ("pad", {"padding": (5, (1, 6)), "mode": "circular"}, (TOKENS,), padded((0, 0), (5, 5), (1, 6), mode="wrap")),
    ("expand", {"shape": (5, -1)}, (ROWS[:, None],), lambda w, x: x.repeat(1, 5, 1)),
    ("tile", {"repeats": 3, "axis": -1}, (ROWS,), by_numpy("tile", (1, 3))),
    ("roll", {"shifts": (2,), "axes": (1, -1)}, (TOKENS,), by_numpy("roll", (2, 2), (1, 2))),
    ("flip", {"axes": (-1,)}, (TOKENS,), lambda w, x: x[..., [5, 4, 3, 2, 1, 0]]),
    ("sum", {}, (TOKENS,), by_numpy("sum", (1, 2))),
    ("mean", {"axes": (-1,), "keepdim": True}, (TOKENS,), by_numpy("mean", -1, keepdims=True)),
    ("prod", {"axes": (0, -1)}, (TOKENS,), by_numpy("prod", (0, 2))),
    ("max", {"axes": (0, 2)}, (TOKENS,), by_numpy("max", (0, 2))),
    ("min", {}, (torch.ones(3),), by_numpy("asarray")),
    ("argmax", {"axis": -1, "keepdim": True}, (TOKENS,), by_numpy("argmax", -1, keepdims=True)),
    ("upsample", {"scale": (2, 3)}, (IMAGE,), lambda w, x: x.repeat_interleave(2, 2).repeat_interleave(3, 3)),
    ("upsample", {"size": 11, "mode": "linear", "align_corners": True}, (TOKENS,), lambda w, x: torch.as_tensor(
        np.stack([[np.interp(np.linspace(0, 5, 11), range(6), row) for row in rows] for rows in x.numpy()])
    ).float()),
    ("pixel_shuffle", {"factor": 2}, (VOLUME,), depth_to_space),
    ("pixel_shuffle", {"factor": 2}, (IMAGE,), lambda w, x: functional.pixel_shuffle(x, 2)),
    ("pixel_unshuffle", {"factor": 2}, (VOLUME,), space_to_depth),
    ("pixel_unshuffle", {"factor": 2}, (IMAGE,), lambda w, x: functional.pixel_unshuffle(x, 2)),
    ("channel_shuffle", {"groups": 2}, (IMAGE,), shuffled),
    ("flatten", {"start": -2}, (IMAGE,), lambda w, x: x.reshape(2, 4, 48)),
    ("reshape", {"shape": (3, -1)}, (ROWS,), lambda w, x: x.reshape(2, 3, 2)),
    ("reshape", {"shape": (3, -1), "keep_batch": False}, (ROWS,), lambda w, x: x.reshape(3, 4)),
    ("permute", {"order": (2, 0, 1)}, (TOKENS,), by_numpy("moveaxis", -1, 0)),
    ("transpose", {"axes": (0, -1)}, (TOKENS,), by_numpy("swapaxes", 0, -1)),
    ("squeeze", {"axes": (1, -1)}, (ROWS[:, None, :, None],), by_numpy("squeeze")),
    ("unsqueeze", {"axes": (-1, 1)}, (ROWS,), lambda w, x: x[:, None, :, None]),
    ("parameter", {"shape": (3,)}, (ROWS,), lambda w, x: torch.stack([w["weight"]] * 2)),
    ("parameter", {"shape": (3,), "keep_batch": False}, (), lambda w: w["weight"]),
    ("constant", {"shape": (3,)}, (ROWS,), lambda w, x: torch.stack([w["value"]] * 2)),
    ("split", {"parts": 3, "axis": -1}, (ROWS,), lambda w, x: (x[:, :2], x[:, 2:4], x[:, 4:])),
    ("split", {"sizes": (1, 5)}, (ROWS,), lambda w, x: (x[:, :1], x[:, 1:])),
    ("slice", {"axis": -1, "start": -5, "end": -1, "step": 2}, (ROWS,), lambda w, x: x[:, [1, 3]]),
    ("select", {"axis": 1, "index": -2}, (TOKENS,), lambda w, x: x[:, 3]),
    ("rnn", {"hidden": 3, "nonlinearity": "relu"}, (TOKENS,), recurrent(nn.RNN, nonlinearity="relu")),
    ("lstm", {"hidden": 3, "proj": 2, "layers": 2}, (TOKENS,), recurrent(nn.LSTM, proj_size=2, num_layers=2)),
    ("gru", {"hidden": 3, "bidirectional": True}, (TOKENS,), recurrent(nn.GRU, bidirectional=True)),
    ("gru", {"hidden": 3, "sequence": False}, (TOKENS,), lambda w, x: recurrent(nn.GRU)(w, x)[:, -1]),
    *elements.CASES,
    *places.CASES,
    *sums.CASES,
]  # fmt: skip
ELSEWHERE = {"attention", "avgpool", "conv", "global_avgpool", "global_maxpool", "maxpool"}
"""In `test_attention.py`, `test_conv.py` and `test_pool.py`."""
UNKNOWN = {"opaque"}
"""Nobody knows what it computes."""


@pytest.mark.parametrize(
    ("tag", "fields", "x", "reference"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)]
)
def test_it_computes_what_its_op_says(
    tag: str, fields: dict[str, Any], x: tuple[Tensor, ...], reference: Callable[..., Any]
) -> None:
    y, module = run_with(find_op(tag)(**fields), *x)
    expected = reference(module.state_dict(), *x)
    several = (y, expected) if isinstance(y, tuple) else ((y,), (expected,))
    for ours, theirs in zip(*several, strict=True):
        assert_close(ours, theirs)


def test_every_op_has_a_row_or_a_file() -> None:
    assert {tag for tag, *_ in CASES} | ELSEWHERE | UNKNOWN == set(OPS)
