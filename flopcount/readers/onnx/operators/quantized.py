"""Integers in the place of real numbers: between them and back, and products of them."""

from __future__ import annotations

from msgspec.structs import replace

from ....ops import find_op
from ....ops.gemm import Gemm
from ....ops.joining import Concat
from ....ops.linear import Linear
from ....ops.quantization import Dequantize, Quantize
from ..call import Call, Results
from ..dtypes import dtype_of
from ..values import UnreadError, Value
from ._rules import Rule
from .convolution import convolve
from .linear import multiply


def learned(value: Value) -> Value:
    """A held tensor of integers that stands for learned numbers: its scales are apart, and not learned."""
    if not value.held or value.tensor is None or value.sources or value.tensor.kind != "constant":
        return replace(value, quantized=True)
    tensor = replace(value.tensor, kind="parameter", trainable=True)
    return replace(value, tensor=tensor, sources=(tensor,), quantized=True)


def _quantize(call: Call) -> Results:
    x, zero = call.input(0), call.optional(2)
    code = call.integer("output_dtype")
    dtype = dtype_of(code) if code else zero.dtype if zero is not None else "uint8"
    if x.held:
        return call.same(x, dtype=dtype, data=None)
    return call.layer(Quantize(to=dtype), x)


def _dequantize(call: Call) -> Results:
    x = learned(call.input(0))
    dtype = call.input(1).dtype
    if x.held:
        return call.same(x, dtype=dtype, data=None)
    (made,) = call.layer(Dequantize(to=dtype), x)
    return call.same(made, quantized=True)


def _dynamic(call: Call) -> Results:
    x = call.input(0)
    axes = tuple(range(len(x.shape)))
    call.layer(find_op("max")(axes=axes), x, part="max")
    call.layer(find_op("min")(axes=axes), x, part="min")
    (made,) = call.layer(Quantize(to="uint8"), x)
    return (made, call.beside(made, (), "float32"), call.beside(made, (), "uint8"))


def _conv_integer(call: Call) -> Results:
    x, w = replace(call.input(0), quantized=True), learned(call.input(1))
    return _as_int32(convolve(call, x, w, None))


def _matmul_integer(call: Call) -> Results:
    return _as_int32(multiply(call, replace(call.input(0), quantized=True), learned(call.input(1))))


def _as_int32(made: Results) -> Results:
    return tuple(replace(value, dtype="int32") for value in made)


def _requantized(call: Call, made: Results, dtype: str) -> Results:
    return call.layer(Quantize(to=dtype), made[0], part="quantize")


def _qlinear_conv(call: Call) -> Results:
    x, w, b = replace(call.input(0), quantized=True), learned(call.input(3)), call.optional(8)
    return _requantized(call, convolve(call, x, w, None if b is None else learned(b)), call.input(7).dtype)


def _qlinear_matmul(call: Call) -> Results:
    a, b = replace(call.input(0), quantized=True), learned(call.input(3))
    return _requantized(call, multiply(call, a, b), call.input(7).dtype)


def _qgemm(call: Call) -> Results:
    a, b, c = replace(call.input(0), quantized=True), learned(call.input(3)), call.optional(6)
    transpose_a, transpose_b = bool(call.integer("transA")), bool(call.integer("transB"))
    if len(b.shape) != 2:
        raise UnreadError("it multiplies matrices")
    out = b.shape[0] if transpose_b else b.shape[1]
    if b.held and not a.held and not transpose_a:
        made = call.layer(Linear(out=out, bias=c is not None), a, weight=b, bias=None if c is None else learned(c))
    else:
        op = Gemm(transpose_a=transpose_a, transpose_b=transpose_b)
        made = call.layer(op, a, b, *([] if c is None else [c]))
    call.host.integer_products(call)
    return _requantized(call, made, a.dtype) if call.optional(7) is not None else made


def _joined(tag: str) -> Rule:
    def rule(call: Call) -> Results:
        a, b = call.input(0), call.input(3)
        return _requantized(call, call.layer(find_op(tag)(), a, b), a.dtype)

    return rule


def _unary(tag: str) -> Rule:
    def rule(call: Call) -> Results:
        x = call.input(0)
        return _requantized(call, call.layer(find_op(tag)(), x), x.dtype)

    return rule


def _concat(call: Call) -> Results:
    parts = [call.input(place) for place in range(2, len(call.inputs), 3)]
    return call.layer(Concat(axis=call.integer("axis")), *parts) if len(parts) > 1 else call.same(parts[0])


def _matmul_bits(call: Call) -> Results:
    """com.microsoft.MatMulNBits: weights of a few bits, several to a byte; inputs stay real numbers."""
    x, w, bias = call.input(0), call.input(1), call.optional(5)
    features, out, bits = call.integer("K"), call.integer("N"), call.integer("bits", 4)
    if not (0 < features < 1 << 32 and 0 < out < 1 << 32):
        raise UnreadError("it does not state its sizes")
    dtype = {2: "int2", 4: "int4", 8: "int8"}.get(bits, "int8")
    tensor = replace(w.known, shape=(out, features), dtype=dtype, kind="parameter", trainable=True)
    weight = replace(w, tensor=tensor, sources=(tensor,))
    return call.layer(Linear(out=out, bias=bias is not None), x, weight=weight, bias=bias)


RULES: dict[str, Rule] = {
    "QuantizeLinear": _quantize, "DequantizeLinear": _dequantize, "DynamicQuantizeLinear": _dynamic,
    "ConvInteger": _conv_integer, "MatMulInteger": _matmul_integer, "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
}  # fmt: skip
CONTRIB: dict[str, Rule] = {
    **RULES,
    "QGemm": _qgemm, "QLinearAdd": _joined("add"), "QLinearMul": _joined("mul"), "QLinearSigmoid": _unary("sigmoid"),
    "QLinearLeakyRelu": _unary("leaky_relu"), "QLinearGlobalAveragePool": _unary("global_avgpool"),
    "QLinearSoftmax": _unary("softmax"), "QLinearConcat": _concat, "MatMulNBits": _matmul_bits,
}  # fmt: skip
