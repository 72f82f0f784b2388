"""Matrix products: fully connected layers where one side is held, products of activations elsewhere."""

from __future__ import annotations

from math import prod

from ....ops.einsum import Einsum
from ....ops.gemm import Gemm
from ....ops.linear import Linear
from ....ops.matmul import Matmul
from ..call import Call, Results, is_learnable
from ..values import UnreadError, Value
from ._rules import Rule


def _matmul(call: Call) -> Results:
    return multiply(call, call.input(0), call.input(1))


def multiply(call: Call, a: Value, b: Value, bias: Value | None = None) -> Results:
    """A matrix product: a fully connected layer where the second side is a matrix that the file holds.

    The format has no such layer with a bias on more than two axes: exporters add it by the next node, which is taken
    in where nobody else reads the product.
    """
    if b.held and not a.held and len(b.shape) == 2 and a.shape:
        features, out = b.shape
        if a.shape[-1] != features:
            from ....errors import OpError, show_shape

            raise OpError(f"inner sizes {a.shape[-1]} and {features} differ: {show_shape(a.shape)} by {features}×{out}")
        bias = bias or _bias_after(call, out)
        made = call.layer(Linear(out=out, bias=bias is not None), a, weight=b, bias=bias)
    else:
        made = call.layer(Matmul(), a, b)
    if a.quantized and b.quantized and not (a.held and b.held):
        call.host.integer_products(call)
    return made


def _bias_after(call: Call, out: int) -> Value | None:
    """The bias that the next node adds, which this layer then takes in."""
    product = call.node.outputs[0]
    reader = call.host.sole_reader(product)
    if reader is None or reader.op_type != "Add" or reader.domain or len(reader.inputs) != 2:
        return None
    (other,) = [name for name in reader.inputs if name != product] or [""]
    value = call.host.value(other)
    if value is None or not (is_learnable(value) or (value.held and value.known.kind == "parameter")):
        return None
    shape = value.shape
    if not shape or shape[-1] != out or prod(shape) != out or len(shape) > len(call.input(0).shape):
        return None
    call.host.absorb(reader)
    return value


def _gemm(call: Call) -> Results:
    a, b, c = call.input(0), call.input(1), call.optional(2)
    transpose_a, transpose_b = bool(call.integer("transA")), bool(call.integer("transB"))
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    if len(b.shape) != 2 or len(a.shape) != 2:
        raise UnreadError("it multiplies matrices")
    features, out = b.shape[::-1] if transpose_b else b.shape
    learned = b.held and not a.held and not transpose_a and (alpha, beta) == (1, 1)
    if learned and a.shape[-1] == features and (c is None or (c.held and prod(c.shape) == out)):
        made = call.layer(Linear(out=out, bias=c is not None), a, weight=b, bias=c)
    else:
        op = Gemm(transpose_a=transpose_a, transpose_b=transpose_b, alpha=alpha, beta=beta)
        made = call.layer(op, a, b, *([] if c is None else [c]))
    if a.quantized and b.quantized and not (a.held and b.held):
        call.host.integer_products(call)
    return made


def _einsum(call: Call) -> Results:
    return call.layer(Einsum(equation=call.text("equation")), *call.given)


RULES: dict[str, Rule] = {"MatMul": _matmul, "Gemm": _gemm, "Einsum": _einsum}
