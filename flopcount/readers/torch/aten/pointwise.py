"""Arithmetic and other functions element by element, of one input or two."""

from __future__ import annotations

from typing import Any

from ..site import Site
from ..trace import Value
from .table import aten, is_value, same

ALIKE = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh erf exp exp2 expm1 floor log log10 log1p log2 neg reciprocal "
    "round rsqrt sign sin sinh sqrt square tan trunc isnan isinf isfinite logical_not bitwise_not"
)
for name in ALIKE.split():
    same(name, name)
same("negative", "neg")
same("absolute", "abs")
same("fix", "trunc")
same("sgn", "sign")
same("arctan", "atan")
same("special_erf", "erf")
same("special_expit", "sigmoid")


def _of_two(tag: str) -> Any:
    """A function of two; an op of one input has a constant beside it."""
    return lambda site, a, b, *_, **__: site.layer(tag, *[x for x in (a, b) if is_value(x)])


@aten("mul multiply")
def mul(site: Site, a: Any, b: Any) -> Value:
    """aten.mul(a, b); of complex numbers four products and two sums."""
    if not (is_value(a) and is_value(b)):
        return site.layer("scale", a if is_value(a) else b, by=b if is_value(a) else a)
    if not (a.dtype.startswith("complex") and b.dtype.startswith("complex")):
        return site.layer("mul", a, b)
    real = site.layer("sub", site.layer("mul", a, b), site.layer("mul", a, b))
    imaginary = site.layer("add", site.layer("mul", a, b), site.layer("mul", a, b))
    return site.layer("select", site.layer("stack", real, imaginary, axis=0), axis=0)


for spelled, tag in {
    "eq": "eq", "ne not_equal": "ne", "gt greater": "gt", "ge greater_equal": "ge", "lt less": "lt",
    "le less_equal": "le", "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor",
    "bitwise_and __and__": "bitwise_and", "bitwise_or __or__": "bitwise_or", "bitwise_xor __xor__": "bitwise_xor",
    "__lshift__ __rshift__ bitwise_left_shift bitwise_right_shift": "bit_shift", "atan2 arctan2": "atan2",
    "floor_divide": "floor_divide", "remainder": "remainder", "fmod": "fmod",
}.items():  # fmt: skip
    aten(spelled)(_of_two(tag))


@aten("add sub subtract")
def add(site: Site, a: Value, b: Any, *, alpha: float = 1) -> Value:
    """aten.add(a, b, alpha) = a + alpha·b, and aten.sub."""
    less = not site.call.operator.startswith("add")
    if not is_value(b):
        return site.layer("shift", a, by=-alpha * b if less else alpha * b)
    return site.layer("sub" if less else "add", a, b if alpha == 1 else site.layer("scale", b, by=alpha))


@aten("rsub")
def rsub(site: Site, a: Value, b: Any, alpha: float = 1) -> Value:
    """aten.rsub(a, b, alpha) = b - alpha·a."""
    a = a if alpha == 1 else site.layer("scale", a, by=alpha)
    return site.layer("sub", b, a) if is_value(b) else site.layer("shift", site.layer("neg", a), by=b)


@aten("div divide true_divide")
def div(site: Site, a: Value, b: Any, *, rounding_mode: str | None = None) -> Value:
    """aten.div(a, b, rounding_mode); by a number is times its reciprocal."""
    if rounding_mode is not None:
        return site.layer("floor_divide", a, *([b] if is_value(b) else []))
    return site.layer("div", a, b) if is_value(b) else site.layer("scale", a, by=1 / b if b else 0)


@aten("pow float_power")
def power(site: Site, a: Any, b: Any) -> Value:
    """aten.pow(a, b), either of which may be a number."""
    if is_value(a) and not is_value(b):
        known = {2: "square", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}.get(b)
        return site.layer(known, a) if known else site.layer("pow", a, exponent=b)
    return site.layer("power", *[x for x in (a, b) if is_value(x)])


@aten("clamp clip clamp_min clamp_max")
def clamp(site: Site, x: Value, min: Any = None, max: Any = None) -> Value:
    """aten.clamp(x, min, max), bounds being numbers or tensors."""
    if site.call.operator == "clamp_max":
        min, max = None, min
    for bound, tag in ((min, "maximum"), (max, "minimum")):
        if is_value(bound):
            x = site.layer(tag, x, bound)
    low, high = (None if is_value(bound) else bound for bound in (min, max))
    return x if low is None and high is None else site.layer("clamp", x, min=low, max=high)


@aten("maximum minimum fmax fmin")
def extreme(site: Site, a: Value, b: Value) -> Value:
    """aten.maximum(a, b) and aten.minimum."""
    return site.layer("minimum" if site.call.operator.endswith(("min", "minimum")) else "maximum", a, b)


@aten("addcmul addcdiv")
def addcmul(site: Site, x: Value, a: Value, b: Value, *, value: float = 1) -> Value:
    """aten.addcmul(x, a, b, value) = x + value·a·b, and aten.addcdiv."""
    y = site.layer("mul" if site.call.operator == "addcmul" else "div", a, b)
    return site.layer("add", x, y if value == 1 else site.layer("scale", y, by=value))


@aten("lerp")
def lerp(site: Site, a: Value, b: Value, weight: Any) -> Value:
    """aten.lerp(a, b, weight) = a + weight·(b - a)."""
    step = site.layer("sub", b, a)
    step = site.layer("mul", step, weight) if is_value(weight) else site.layer("scale", step, by=weight)
    return site.layer("add", a, step)


@aten("where")
def where(site: Site, condition: Value, a: Any, b: Any) -> Value:
    """aten.where(condition, a, b), either of which may be a number."""
    if is_value(a) or not is_value(b):
        return site.layer("where", condition, *[x for x in (a, b) if is_value(x)])
    return site.layer("masked_fill", b, condition)


@aten("masked_fill")
def masked_fill(site: Site, x: Value, mask: Value, value: Any) -> Value:
    """aten.masked_fill(x, mask, value)."""
    return site.layer("where", mask, value, x) if is_value(value) else site.layer("masked_fill", x, mask)
