"""Functions of each element: activations, arithmetic, comparisons, casts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....ops import find_op
from ....ops.activation import CELU, ELU, GELU, HardSigmoid, LeakyReLU, PReLU, SoftShrink, Threshold
from ....ops.cast import Cast
from ....ops.elementwise import Clamp, Pow, Reciprocal, Sqrt, Square
from ....ops.gathering import OneHot
from ....ops.joining import Add, Mul
from ....ops.reduction import Argmax
from ....ops.softmax import LogSoftmax, Softmax
from ..call import Call, Results
from ..dtypes import dtype_of
from ..values import UnreadError, Value
from ._rules import Rule

UNARY = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Exp": "exp", "Log": "log", "Sqrt": "sqrt",
    "Reciprocal": "reciprocal", "Neg": "neg", "Abs": "abs", "Erf": "erf", "Sin": "sin", "Cos": "cos", "Tan": "tan",
    "Asin": "asin", "Acos": "acos", "Atan": "atan", "Sinh": "sinh", "Cosh": "cosh", "Asinh": "asinh",
    "Acosh": "acosh", "Atanh": "atanh", "Floor": "floor", "Ceil": "ceil", "Round": "round", "Sign": "sign",
    "Softplus": "softplus", "Softsign": "softsign", "Mish": "mish", "Selu": "selu", "HardSwish": "hardswish",
    "Not": "logical_not", "IsNaN": "isnan", "IsInf": "isinf", "BitwiseNot": "bitwise_not",
}  # fmt: skip
"""Operators without attributes that change the count, and our ops."""

JOINED = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Sum": "add", "Min": "minimum", "Max": "maximum",
    "Equal": "eq", "Greater": "gt", "GreaterOrEqual": "ge", "Less": "lt", "LessOrEqual": "le", "And": "logical_and",
    "Or": "logical_or", "Xor": "logical_xor", "Where": "where", "BitShift": "bit_shift", "BitwiseAnd": "bitwise_and",
    "BitwiseOr": "bitwise_or", "BitwiseXor": "bitwise_xor",
}  # fmt: skip


def _unary(tag: str) -> Rule:
    return lambda call: call.layer(find_op(tag)(), call.input(0))


def _joined(tag: str) -> Rule:
    def rule(call: Call) -> Results:
        given = call.given
        return call.same(given[0]) if len(given) == 1 else call.layer(find_op(tag)(), *given)

    return rule


def _with(make: Callable[[Call], Any]) -> Rule:
    return lambda call: call.layer(make(call), call.input(0))


def _pow(call: Call) -> Results:
    x, exponent = call.input(0), call.input(1)
    if exponent.data is None or len(exponent.data.items) != 1:
        return call.layer(find_op("power")(), x, exponent)
    power = exponent.data.items[0]
    named = {2: Square(), 0.5: Sqrt(), -1: Reciprocal()}.get(power)
    return call.layer(named or Pow(exponent=power), x)


def _mod(call: Call) -> Results:
    return call.layer(find_op("fmod" if call.integer("fmod") else "remainder")(), call.input(0), call.input(1))


def _mean(call: Call) -> Results:
    given = call.given
    if len(given) == 1:
        return call.same(given[0])
    (total,) = call.layer(Add(), *given, part="sum")
    return call.layer(find_op("scale")(by=1 / len(given)), total)


def _clip(call: Call) -> Results:
    old = "min" in call.attributes or "max" in call.attributes
    low = call.number("min") if "min" in call.attributes else _bound(call.optional(1)) if not old else None
    high = call.number("max") if "max" in call.attributes else _bound(call.optional(2)) if not old else None
    x = call.input(0)
    if low is None and high is None:
        return call.same(x)
    if (low, high) == (0, 6):
        return call.layer(find_op("relu6")(), x)
    return call.layer(Clamp(min=low, max=None if low is not None and high is not None and high < low else high), x)


def _bound(value: Value | None) -> float | None:
    """A bound's value; one that is computed counts as any number."""
    if value is None:
        return None
    return float(value.data.items[0]) if value.data and value.data.items else 0.0


def _prelu(call: Call) -> Results:
    x, slope = call.input(0), call.input(1)
    sizes = [size for size in slope.shape if size != 1]
    per_channel = len(x.shape) > 1 and sizes == [x.shape[1]]
    if slope.held and (per_channel or not sizes):
        return call.layer(PReLU(per_channel=per_channel), x, weight=slope)
    (scaled,) = call.layer(Mul(), x, slope, part="mul")
    return call.layer(find_op("maximum")(), x, scaled)


def _softmax(call: Call) -> Results:
    x = call.input(0)
    rank = len(x.shape)
    kind = LogSoftmax if call.node.op_type == "LogSoftmax" else Softmax
    axis = call.integer("axis", -1 if call.version >= 13 else 1)
    # Before opset 13 all axes from this one on are one row.
    place = axis + rank if axis < 0 else axis
    if call.version < 13 and any(size != 1 for size in x.shape[place + 1 :]):
        if all(size == 1 for size in x.shape[place:-1]):
            axis = -1
        else:
            raise UnreadError("several axes are one row")
    return call.layer(kind(axis=axis), x) if rank else call.same(x)


def _cast(call: Call) -> Results:
    x = call.input(0)
    dtype = call.input(1).dtype if call.node.op_type == "CastLike" else dtype_of(call.integer("to"))
    if x.held or dtype == "string":
        return call.same(x, dtype=dtype, data=None)
    (made,) = call.layer(Cast(to=dtype), x)
    return call.same(made, quantized=x.quantized)


def _gelu(call: Call) -> Results:
    return call.layer(GELU(approximate="tanh" if call.text("approximate") == "tanh" else "none"), call.input(0))


def _swish(call: Call) -> Results:
    x = call.input(0)
    if call.number("alpha", 1.0) == 1:
        return call.layer(find_op("silu")(), x)
    (scaled,) = call.layer(find_op("scale")(by=call.number("alpha", 1.0)), x, part="scale")
    (gate,) = call.layer(find_op("sigmoid")(), scaled, part="sigmoid")
    return call.layer(Mul(), x, gate)


def _shrink(call: Call) -> Results:
    return call.layer(SoftShrink(lambd=call.number("lambd", 0.5), bias=call.number("bias")), call.input(0))


def _hardmax(call: Call) -> Results:
    """The place of the greatest, then a 1 in it."""
    x = call.input(0)
    axis = call.integer("axis", -1 if call.version >= 13 else 1)
    if call.version < 13 and axis not in (-1, len(x.shape) - 1):
        raise UnreadError("several axes are one row")
    if not -len(x.shape) <= axis < len(x.shape):
        raise UnreadError("an axis that the input does not have")
    (place,) = call.layer(Argmax(axis=axis), x, part="argmax")
    return call.layer(OneHot(depth=x.shape[axis], axis=axis), place)


def _swiglu(call: Call) -> Results:
    (gate,) = _swish(call)
    return call.layer(Mul(), gate, call.input(1), part="mul")


RULES: dict[str, Rule] = {
    **{name: _unary(tag) for name, tag in UNARY.items()},
    **{name: _joined(tag) for name, tag in JOINED.items()},
    "Elu": _with(lambda call: ELU(alpha=call.number("alpha", 1.0))),
    "Celu": _with(lambda call: CELU(alpha=call.number("alpha", 1.0))),
    "LeakyRelu": _with(lambda call: LeakyReLU(slope=call.number("alpha", 0.01))),
    "HardSigmoid": _with(lambda call: HardSigmoid()),
    "ThresholdedRelu": _with(lambda call: Threshold(threshold=call.number("alpha", 1.0))),
    "Shrink": _shrink,
    "Hardmax": _hardmax,
    "SwiGLU": _swiglu,
    "BitCast": _cast,
    "Gelu": _gelu,
    "Swish": _swish,
    "Pow": _pow,
    "Mod": _mod,
    "Mean": _mean,
    "Clip": _clip,
    "PRelu": _prelu,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Cast": _cast,
    "CastLike": _cast,
}
