"""Activations."""

from __future__ import annotations

from typing import Any

from ..site import Site, is_held
from ..trace import Value
from .table import aten, same

for name in ["relu", "relu6", "selu", "sigmoid", "silu", "tanh", "hardsigmoid", "hardswish", "mish"]:
    same(name, name)
same("log_sigmoid", "logsigmoid")


@aten("log_sigmoid_forward")
def log_sigmoid(site: Site, x: Value) -> list[Value | None]:
    """aten.log_sigmoid_forward(x), with what its gradient will need."""
    return [site.layer("logsigmoid", x), None]


@aten("softplus")
def softplus(site: Site, x: Value, beta: float = 1, threshold: float = 20) -> Value:
    """aten.softplus(x, beta, threshold): log(1 + exp(beta·x)) / beta."""
    if beta == 1:
        return site.layer("softplus", x)
    return site.layer("scale", site.layer("softplus", site.layer("scale", x, by=beta)), by=1 / beta)


@aten("leaky_relu")
def leaky_relu(site: Site, x: Value, slope: float = 0.01) -> Value:
    """aten.leaky_relu(x, negative_slope)."""
    return site.layer("leaky_relu", x, slope=slope)


@aten("rrelu")
def rrelu(site: Site, x: Value, lower: float = 0.125, upper: float = 1 / 3, *_: Any) -> Value:
    """aten.rrelu(x, lower, upper): at test time the slope is their mean."""
    return site.layer("leaky_relu", x, slope=(lower + upper) / 2)


@aten("prelu _prelu_kernel")
def prelu(site: Site, x: Value, weight: Value) -> Value:
    """aten.prelu(x, weight): one weight, or one for each channel."""
    if is_held(weight):
        return site.layer("prelu", x, held={"weight": weight}, per_channel=weight.elements > 1)
    return site.layer("where", site.layer("gt", x), x, site.layer("mul", x, weight))


@aten("elu")
def elu(site: Site, x: Value, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Value:
    """aten.elu(x, alpha, scale, input_scale): with a scale it is SELU, with one of the input CELU."""
    if input_scale != 1:
        return site.layer("celu", x, alpha=1 / input_scale)
    return site.layer("elu", x, alpha=alpha) if scale == 1 else site.layer("selu", x)


@aten("celu")
def celu(site: Site, x: Value, alpha: float = 1) -> Value:
    """aten.celu(x, alpha)."""
    return site.layer("celu", x, alpha=alpha)


@aten("hardtanh")
def hardtanh(site: Site, x: Value, low: float = -1, high: float = 1) -> Value:
    """aten.hardtanh(x, min_val, max_val); torch runs ReLU6 as one."""
    return site.layer("relu6", x) if (low, high) == (0, 6) else site.layer("hardtanh", x, low=low, high=high)


@aten("gelu")
def gelu(site: Site, x: Value, *, approximate: str = "none") -> Value:
    """aten.gelu(x, approximate)."""
    return site.layer("gelu", x, approximate=approximate)


@aten("glu")
def glu(site: Site, x: Value, dim: int = -1) -> Value:
    """aten.glu(x, dim)."""
    return site.layer("glu", x, axis=dim)


@aten("threshold")
def threshold(site: Site, x: Value, threshold: float, value: float) -> Value:
    """aten.threshold(x, threshold, value)."""
    return site.layer("threshold", x, threshold=threshold, value=value)


@aten("softshrink")
def softshrink(site: Site, x: Value, lambd: float = 0.5) -> Value:
    """aten.softshrink(x, lambd)."""
    return site.layer("softshrink", x, lambd=lambd, bias=lambd)


@aten("hardshrink")
def hardshrink(site: Site, x: Value, *_: Any) -> Value:
    """aten.hardshrink(x, lambd): x or zero, by two comparisons."""
    return site.layer("where", site.layer("gt", x), x)


@aten("softmax _softmax _safe_softmax")
def softmax(site: Site, x: Value, dim: int, *_: Any, **__: Any) -> Value:
    """aten.softmax(x, dim)."""
    return site.layer("softmax", x, axis=dim)


@aten("log_softmax _log_softmax")
def log_softmax(site: Site, x: Value, dim: int, *_: Any, **__: Any) -> Value:
    """aten.log_softmax(x, dim)."""
    return site.layer("log_softmax", x, axis=dim)
