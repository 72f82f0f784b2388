"""Every family of operators: run by torch, mapped to ops of ours, its dot products as torch counts them.

The assembler itself compares the shape of every output with torch's, and raises where they differ.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from flopcount.engine import count
from tests.readers.torch.witness import Function, report, tags, torchs_flops, traced

IMAGE = (2, 6, 8, 10)
TOKENS = (2, 7, 12)
INTEGERS = ("float32", "int64")

Case = tuple[Any, tuple[tuple[int, ...], ...], list[str] | None]

CONVOLUTIONS: list[Case] = [
    (lambda x, w: F.conv1d(x, w, padding=1), ((2, 4, 9), (6, 4, 3)), ["dynamic_conv"]),
    (lambda x, w, b: F.conv2d(x, w, b, 2, groups=2), (IMAGE, (4, 3, 3, 3), (4,)), None),
    (lambda x, w: F.conv3d(x, w, padding="same"), ((1, 2, 4, 5, 6), (3, 2, 3, 3, 3)), ["dynamic_conv"]),
    (lambda x, w: F.conv2d(x, w), ((6, 8, 10), (4, 6, 3, 3)), ["unsqueeze", "dynamic_conv", "squeeze"]),
]
PRODUCTS: list[Case] = [
    (torch.mm, ((3, 4), (4, 5)), ["matmul"]),
    (torch.bmm, ((2, 3, 4), (2, 4, 5)), ["matmul"]),
    (
        lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2),
        ((5,), (3, 4), (4, 5)),
        ["matmul", "scale", "scale", "add"],
    ),
    (lambda c, a, b: torch.baddbmm(c, a, b, beta=0), ((2, 3, 5), (2, 3, 4), (2, 4, 5)), ["matmul"]),
    (F.linear, ((2, 3, 4), (5, 4)), ["matmul"]),
    (F.linear, ((2, 3, 4), (5, 4), (5,)), ["matmul", "add"]),
    (lambda a, b: torch.einsum("bhid,bhjd->bhij", a, b), ((2, 3, 4, 5), (2, 3, 6, 5)), ["einsum"]),
    (lambda a, b, c: torch.einsum("ij,jk,kl->il", a, b, c), ((2, 3), (3, 4), (4, 5)), ["einsum"]),
    (F.scaled_dot_product_attention, ((2, 3, 7, 4), (2, 3, 9, 4), (2, 3, 9, 5)), ["sdpa"]),
    (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), ((2, 3, 7, 4),) * 3, ["sdpa"]),
    (F.scaled_dot_product_attention, ((2, 3, 7, 4), (2, 3, 9, 4), (2, 3, 9, 5), (7, 9)), ["sdpa"]),
]
SIMPLE = ("relu", "relu6", "selu", "silu", "hardsigmoid", "hardswish", "mish", "celu", "elu")
ACTIVATIONS: list[Case] = [
    *((getattr(F, name), (IMAGE,), [name]) for name in SIMPLE),
    (torch.sigmoid, (IMAGE,), ["sigmoid"]),
    (torch.tanh, (IMAGE,), ["tanh"]),
    (F.logsigmoid, (IMAGE,), ["logsigmoid"]),
    (F.softplus, (IMAGE,), ["softplus"]),
    (lambda x: F.softplus(x, 2), (IMAGE,), ["scale", "softplus", "scale"]),
    (lambda x: F.leaky_relu_(x, 0.2), (IMAGE,), ["leaky_relu"]),
    (lambda x: F.gelu(x, approximate="tanh"), (IMAGE,), ["gelu"]),
    (F.hardtanh, (IMAGE,), ["hardtanh"]),
    (lambda x: F.glu(x, 1), (IMAGE,), ["glu"]),
    (lambda x: F.softmax(x, -1), (TOKENS,), ["softmax"]),
    (lambda x: F.log_softmax(x, 1), (TOKENS,), ["log_softmax"]),
    (nn.PReLU(6), (IMAGE,), ["prelu"]),
    (lambda x: F.threshold(x, 0.1, 20.0), (IMAGE,), ["threshold"]),
    (F.softshrink, (IMAGE,), ["softshrink"]),
    (F.hardshrink, (IMAGE,), ["gt", "where"]),
]
POINTWISE: list[Case] = [
    (lambda a, b: a + b * 2 - b / 3, (IMAGE, (6, 1, 1)), ["scale", "add", "scale", "sub"]),
    (lambda a, b: torch.add(a, b, alpha=2), (IMAGE, IMAGE), ["scale", "add"]),
    (lambda a: 1 - a, (IMAGE,), ["neg", "shift"]),
    (lambda a: 2 / a, (IMAGE,), ["reciprocal", "scale"]),
    (lambda a: a**2 + a**0.5 + a**3, (IMAGE,), ["square", "sqrt", "add", "pow", "add"]),
    (lambda a, b: torch.maximum(a, b).clamp(0, 6), (IMAGE, IMAGE), ["maximum", "clamp"]),
    (lambda a: a.clamp(min=0), (IMAGE,), ["clamp"]),
    (lambda a: a.masked_fill(a > 0, 0.0), (IMAGE,), ["gt", "masked_fill"]),
    (lambda a: torch.where(a > 0, a, -a), (IMAGE,), ["gt", "neg", "where"]),
    (lambda a: torch.where(a > 0, a, 0.0), (IMAGE,), None),
    (lambda a, b: torch.lerp(a, b, 0.3), (IMAGE, IMAGE), ["sub", "scale", "add"]),
    (lambda a, b, c: torch.addcmul(a, b, c, value=0.5), (IMAGE,) * 3, ["mul", "scale", "add"]),
    (lambda a: a.exp().log().sin().cos().abs().rsqrt(), (IMAGE,), ["exp", "log", "sin", "cos", "abs", "rsqrt"]),
    (lambda a, b: (a // b) % 3, (IMAGE, IMAGE), ["floor_divide", "remainder"]),
]
MOVEMENTS: list[Case] = [
    (lambda x: x.view(2, 6, 80).permute(0, 2, 1), (IMAGE,), ["reshape", "permute"]),
    (lambda x: x.flatten(1), (IMAGE,), ["flatten"]),
    (lambda x: x.flatten(2).transpose(1, 2).contiguous(), (IMAGE,), ["flatten", "transpose"]),
    (lambda x: x.unflatten(1, (2, 3)), (IMAGE,), ["reshape"]),
    (lambda x: x[:, None].expand(-1, 4, -1, -1, -1), (IMAGE,), ["unsqueeze", "expand"]),
    (lambda x: x[:, 1:, ::2, -1], (IMAGE,), ["slice", "slice", "select"]),
    (lambda x: x.chunk(3, 1), (IMAGE,), ["split"]),
    (lambda x: x.chunk(4, 1), (IMAGE,), ["split"]),
    (lambda x: x.split([1, 5], 1), (IMAGE,), ["split"]),
    (lambda x: x.split(4, 1), (IMAGE,), ["split"]),
    (lambda x: x.unbind(1)[0], ((2, 3, 4),), ["select"] * 3),
    (lambda x, y: torch.cat([x, y], 1), (IMAGE, IMAGE), ["concat"]),
    (lambda x, y: torch.stack([x, y]), (IMAGE, IMAGE), ["stack"]),
    (lambda x: x.repeat(3, 1, 2, 1, 1), (IMAGE,), ["unsqueeze", "tile", "tile"]),
    (lambda x: x.repeat_interleave(2, 1), (IMAGE,), ["tile"]),
    (lambda x: F.pad(x, (1, 2, 3, 4)), (IMAGE,), ["pad"]),
    (lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"), (IMAGE,), ["pad"]),
    (lambda x: F.pad(x, (0, -1, -2, 3)), (IMAGE,), ["slice", "slice", "pad"]),
    (lambda x: F.pad(x, (0, 0, 0, 0, 0, 0, 1, 1)), (IMAGE,), ["pad"]),
    (lambda x: torch.roll(x, (1, -1), (2, 3)).flip(3), (IMAGE,), ["roll", "flip"]),
    (lambda x: x.squeeze().unsqueeze(0), ((2, 1, 5, 1),), ["squeeze", "unsqueeze"]),
    (lambda x: x.half().float(), (IMAGE,), ["cast", "cast"]),
    (lambda x: x.detach().clone().to(torch.float32), (IMAGE,), []),
    (lambda x: F.dropout(x, 0.5, training=False), (IMAGE,), ["dropout"]),
    (lambda x: x.tril(), (IMAGE,), ["tril"]),
    (lambda x: x.unfold(2, 3, 2), (IMAGE,), None),
    (lambda x: F.fold(F.unfold(x, 3, padding=1), (8, 10), 3, padding=1), (IMAGE,), None),
    (lambda x: x[:, 4:2], (IMAGE,), ["constant"]),
    (lambda x: torch.view_as_real(torch.view_as_complex(x)), ((2, 3, 2),), None),
]
REDUCTIONS: list[Case] = [
    (lambda x: x.mean((2, 3)), (IMAGE,), ["mean"]),
    (lambda x: x.sum(), (IMAGE,), ["sum"]),
    (lambda x: x.amax(1, keepdim=True), (IMAGE,), ["max"]),
    (lambda x: x.max(1)[0], (IMAGE,), ["max"]),
    (lambda x: x.max(1)[1], (IMAGE,), ["max", "cast"]),
    (lambda x: x.max(), (IMAGE,), ["max"]),
    (lambda x: x.argmax(1), (IMAGE,), ["argmax"]),
    (lambda x: x.argmax(), (IMAGE,), ["reshape", "argmax"]),
    (lambda x: x.var(1), (IMAGE,), ["var"]),
    (lambda x: x.std((2, 3), unbiased=False), (IMAGE,), ["std"]),
    (lambda x: torch.var_mean(x, (2, 3), correction=0), (IMAGE,), ["var", "mean"]),
    (lambda x: torch.logsumexp(x, 1), (IMAGE,), ["logsumexp"]),
    (lambda x: x.norm(dim=1), (IMAGE,), ["norm"]),
    (lambda x: F.normalize(x, dim=1), (IMAGE,), ["norm", "clamp", "expand", "div"]),
    (lambda x: x.cumsum(1), (IMAGE,), ["cumsum"]),
    (lambda x: x.topk(3, 1)[0], (IMAGE,), ["topk"]),
    (lambda x: x.sort(1)[1], (IMAGE,), ["sort"]),
    (lambda x: (x > 0).any(1), (IMAGE,), ["gt", "any"]),
]
POOLING: list[Case] = [
    (lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), (IMAGE,), ["maxpool"]),
    (lambda x: F.max_pool2d(x, 2, return_indices=True)[1], (IMAGE,), ["maxpool", "cast"]),
    (lambda x: F.max_pool1d(x, 3), ((2, 6, 9),), ["maxpool"]),
    (lambda x: F.max_pool2d(x, 2), ((6, 8, 10),), ["unsqueeze", "maxpool", "squeeze"]),
    (lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), (IMAGE,), ["avgpool"]),
    (lambda x: F.adaptive_avg_pool2d(x, (3, 4)), (IMAGE,), ["adaptive_avgpool"]),
    (lambda x: F.adaptive_avg_pool2d(x, 1), (IMAGE,), ["global_avgpool"]),
    (lambda x: F.adaptive_max_pool2d(x, 1), (IMAGE,), ["global_maxpool"]),
]
NORMS: list[Case] = [
    (nn.BatchNorm2d(6), (IMAGE,), ["bn"]),
    (nn.BatchNorm2d(6, affine=False), (IMAGE,), ["bn"]),
    (nn.BatchNorm2d(6, track_running_stats=False), (IMAGE,), ["bn"]),
    (nn.InstanceNorm2d(6, affine=True), (IMAGE,), ["instance_norm"]),
    (nn.GroupNorm(3, 6), (IMAGE,), ["gn"]),
    (nn.LayerNorm(12), (TOKENS,), ["ln"]),
    (nn.LayerNorm(12, bias=False), (TOKENS,), ["ln"]),
    (nn.LayerNorm((8, 10)), (IMAGE,), ["ln"]),
    (nn.LayerNorm((12,)), ((12,),), ["unsqueeze", "ln", "squeeze"]),
    (nn.RMSNorm(12), (TOKENS,), ["rms_norm"]),
    (lambda x, w: F.layer_norm(x, (12,), w), (TOKENS, (12,)), ["ln", "reshape", "mul"]),
    (lambda x, w, b: F.group_norm(x, 2, w, b), (IMAGE, (6,), (6,)), ["gn", "reshape", "mul", "reshape", "add"]),
]
RESAMPLING: list[Case] = [
    (lambda x: F.interpolate(x, scale_factor=2), (IMAGE,), ["upsample"]),
    (lambda x: F.interpolate(x, (5, 5), mode="bilinear", align_corners=True), (IMAGE,), ["upsample"]),
    (lambda x: F.interpolate(x, scale_factor=2, mode="bicubic", antialias=True), (IMAGE,), ["upsample"]),
    (lambda x: F.interpolate(x, 7, mode="linear"), ((2, 6, 9),), ["upsample"]),
    (lambda x: F.pixel_shuffle(x, 2), ((2, 8, 5, 5),), ["pixel_shuffle"]),
    (lambda x: F.pixel_unshuffle(x, 2), (IMAGE,), ["pixel_unshuffle"]),
    (lambda x: F.channel_shuffle(x, 3), (IMAGE,), ["channel_shuffle"]),
    (lambda x, g: F.grid_sample(x, g, align_corners=False), (IMAGE, (2, 4, 5, 2)), ["grid_sample"]),
]
WRITING: list[Case] = [
    (lambda x, y: x.copy_(y), (IMAGE, (6, 1, 1)), ["expand"]),
    (lambda x: x.zero_() + x, (IMAGE,), None),
    (lambda x: torch.slice_scatter(x, x[:, :2] + 1, 1, 0, 2), (IMAGE,), None),
]
CASES = [
    *CONVOLUTIONS, *PRODUCTS, *ACTIVATIONS, *POINTWISE, *MOVEMENTS, *REDUCTIONS, *POOLING, *NORMS, *RESAMPLING,
    *WRITING,
]  # fmt: skip


@pytest.mark.parametrize(("function", "shapes", "expected"), CASES)
def test_an_operator_is_ops_of_ours(
    function: Any, shapes: tuple[tuple[int, ...], ...], expected: list[str] | None
) -> None:
    model = function if isinstance(function, nn.Module) else Function(function)
    counted = report(traced(model, *shapes))
    assert counted.uncounted == (), counted.graph.provenance.notes
    if expected is not None:
        assert tags(counted.graph) == expected
    theirs = torchs_flops(model.eval().to("meta"), *(torch.empty(shape, device="meta") for shape in shapes))
    assert counted.totals["count"].value == theirs


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, i: x[:, i], ["gather"]),
        (lambda x, i: x[i, i], ["flatten", "gather"]),
        (lambda x, i: x.index_select(1, i), ["gather"]),
        (lambda x, i: x.gather(0, i[:, None].expand(-1, 3)), ["unsqueeze", "expand", "gather_elements"]),
        (lambda x, i: x.scatter_add(0, i[:, None], x[:2, :1]), None),
        (lambda x, i: F.embedding(i, x), ["gather"]),
        (lambda x, i: x.index_add(0, i, x[:2]), None),
        (lambda x, i: F.one_hot(i, 5) + x[0, 0], None),
    ],
)
def test_look_ups_and_places(function: Any, expected: list[str] | None) -> None:
    counted = count(traced(function, (5, 3), (2,), dtypes=INTEGERS))
    assert (counted.uncounted, counted.totals["macs"].value) == ((), 0)
    if expected is not None:
        assert tags(counted.graph) == expected


@pytest.mark.parametrize("function", [lambda x: x.topk(3, 1), lambda x: x.sort(1), lambda x: x.max(1)])
def test_places_are_integers(function: Any) -> None:
    graph = traced(function, IMAGE)
    assert [tensor.dtype for tensor in graph.outputs] == ["float32", "int64"]


def test_vectors() -> None:
    assert count(traced(lambda a, b: a @ b, (7,), (7,))).totals["macs"].value == 7  # torch's counter leaves it out


@pytest.mark.parametrize(
    ("function", "operator"),
    [
        (lambda x: torch.fft.fft(x), "aten._fft_r2c"),
        (lambda x: torch.linalg.qr(x)[0], "aten.linalg_qr"),
        (lambda x: torch.linalg.qr(x)[1] + 1, "aten.linalg_qr"),
        (lambda x: F.interpolate(x[None, None], 2, mode="bilinear", antialias=True), "aten._upsample_bilinear2d_aa"),
        (lambda x: F.scaled_dot_product_attention(x, x[:3], x[:3], is_causal=True), ""),
        (lambda x: x.norm(3), "norm"),
    ],
)
def test_what_nobody_maps_is_unknown(function: Any, operator: str) -> None:
    counted = count(traced(function, (5, 4)))
    assert len(counted.uncounted) == 1
    assert counted.totals["macs"].unknown == 1
    (note,) = counted.graph.provenance.notes
    assert "nobody knows what the operator" in note
    assert operator in note
    assert "(once, at tests/readers/torch/aten/test_operators.py:" in note
