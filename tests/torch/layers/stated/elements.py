"""Functions, comparisons, logic and types, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from . import Case, each, said

A = torch.tensor([[-2.7, -1.5, -0.5, 0.3], [0.5, 1.5, 2.5, 3.2]])
B = torch.tensor([[1.3, -0.7, 2.9, -1.1]])
WITHIN = torch.tensor([-0.9, -0.2, 0.1, 0.8])
ABOVE = torch.tensor([1.01, 1.5, 3, 40])
FEW = torch.tensor([[0.0, 1, 2], [2, 1, 0]])
OTHER = torch.tensor([[1.0, 1, 0]])
BITS = torch.tensor([[0b1100, 0b1010, 7], [0, -1, 1]])
MORE = torch.tensor([0b1010, 3, 1])
ODD = torch.tensor([0.0, -1.5, math.inf, -math.inf, math.nan])
WIDE = torch.tensor([-300.2, -128.6, -1.5, -0.5, 0.4, 0.5, 2.5, 127.4, 128.5, 300])
FINE = torch.tensor([-1.5, 0.0, 0.75, 2.0])
EIGHT = torch.float8_e4m3fn
TRUTH = torch.tensor([True, False])


def of_one(tag: str, x: torch.Tensor, function: Callable[[Any], Any], **fields: Any) -> Case:
    return tag, fields, (x,), each(function)


def of_two(tag: str, a: torch.Tensor, b: torch.Tensor, constant: Any, function: Callable[..., Any]) -> list[Case]:
    """Of two inputs, of two the other way round, and of one with the constant that stands in for the other."""
    return [
        (tag, {}, (a, b), each(function)),
        (tag, {}, (b, a), each(function)),
        (tag, {}, (a,), each(lambda v: function(v, constant))),
    ]


def within(low: int, high: int) -> Callable[[float], int]:
    """The nearest whole number (of two the even one) between these ends."""
    return lambda v: min(max(round(v), low), high)


CASES: list[Case] = [
    *(
        of_one(tag, x, getattr(math, tag))
        for x, tags in ((WITHIN, "acos asin atanh"), (A, "asinh atan cosh erf expm1 sinh tan"))
        for tag in tags.split()
    ),
    *(of_one(tag, ABOVE, getattr(math, tag)) for tag in ("acosh", "log10", "log1p", "log2")),
    of_one("ceil", A, lambda v: float(math.ceil(v))),
    of_one("floor", A, lambda v: float(math.floor(v))),
    of_one("trunc", A, lambda v: float(int(v))),
    of_one("exp2", A, lambda v: 2**v),
    of_one("round", WIDE, lambda v: float(round(v))),
    of_one("sign", FINE, lambda v: 0.0 if v == 0 else v / abs(v)),
    of_one("softshrink", A, lambda v: v - 0.25 if v > 1 else v + 0.25 if v < -1 else 0.0, lambd=1, bias=0.25),
    of_one("threshold", A, lambda v: v if v > 0.5 else 9.0, threshold=0.5, value=9),
    ("power", {}, (A.abs(), B), each(lambda a, b: a**b)),
    ("power", {}, (A,), each(lambda a: a * a)),
    *of_two("atan2", A, B, 2, math.atan2),
    *of_two("floor_divide", A, B, 2, lambda a, b: float(a // b)),
    *of_two("remainder", A, B, 2, lambda a, b: a - b * math.floor(a / b)),
    *of_two("fmod", A, B, 2, lambda a, b: a - b * math.trunc(a / b)),
    *of_two("eq", FEW, OTHER, 0, lambda a, b: a == b),
    *of_two("ne", FEW, OTHER, 0, lambda a, b: a != b),
    *of_two("gt", FEW, OTHER, 0, lambda a, b: a > b),
    *of_two("ge", FEW, OTHER, 0, lambda a, b: a >= b),
    *of_two("lt", FEW, OTHER, 0, lambda a, b: a < b),
    *of_two("le", FEW, OTHER, 0, lambda a, b: a <= b),
    *of_two("logical_and", FEW, OTHER, 0, lambda a, b: bool(a and b)),
    *of_two("logical_or", FEW, OTHER, 0, lambda a, b: bool(a or b)),
    *of_two("logical_xor", FEW, OTHER, 0, lambda a, b: bool(a) is not bool(b)),
    of_one("logical_not", FEW, lambda v: not v),
    *of_two("bitwise_and", BITS, MORE, 0, lambda a, b: a & b),
    *of_two("bitwise_or", BITS, MORE, 0, lambda a, b: a | b),
    *of_two("bitwise_xor", BITS, MORE, 0, lambda a, b: a ^ b),
    ("bit_shift", {}, (BITS, MORE), each(lambda a, b: a * 2**b)),
    ("bit_shift", {}, (BITS,), each(lambda a: a)),
    of_one("bitwise_not", BITS, lambda v: -1 - v),
    of_one("bitwise_not", TRUTH, lambda v: not v),
    of_one("isfinite", ODD, lambda v: v - v == 0),
    of_one("isinf", ODD, lambda v: v in (math.inf, -math.inf)),
    of_one("isnan", ODD, lambda v: v != v),
    ("where", {}, (FEW > 1, A[:, :3], B[:, :3]), each(lambda c, a, b: a if c else b)),
    ("where", {}, (FEW, A[:, :3]), each(lambda c, a: a if c else 0.0)),
    ("where", {}, (FEW,), each(lambda c: 0.0)),
    ("masked_fill", {}, (A[:, :3], OTHER > 0), each(lambda x, mask: 0.0 if mask else x)),
    ("masked_fill", {}, (A[:, :3], OTHER), each(lambda x, mask: 0.0 if mask else x)),
    of_one("cast", A, int, to="int64"),
    of_one("cast", FINE, bool, to="bool"),
    *(("cast", {"to": to}, (A,), said(lambda x, to=to: x.astype(to))) for to in ("float16", "int32")),
    ("cast", {"to": "float64"}, (A,), lambda w, x: torch.tensor(x.tolist(), dtype=torch.float64)),
    ("quantize", {}, (WIDE,), said(lambda x: x.round().clip(-128, 127).astype("int8"))),
    ("quantize", {"to": "uint8"}, (WIDE,), said(lambda x: x.round().clip(0, 255).astype("uint8"))),
    ("quantize", {"to": "float8"}, (torch.tensor([0.3, 17]),), lambda w, x: torch.tensor([0.3125, 16]).to(EIGHT)),
    ("dequantize", {}, (BITS.to(torch.int8),), each(float)),
    ("dequantize", {"to": "float16"}, (BITS,), said(lambda x: x.astype("float16"))),
    of_one("fake_quantize", WIDE, lambda v: float(within(-128, 127)(v))),
]
