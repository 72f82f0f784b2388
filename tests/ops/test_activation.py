from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops import OPS
from flopcount.ops.activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Activation,
    Gated,
    GeGLU,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyReLU,
    LogSigmoid,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    SoftShrink,
    Softsign,
    SwiGLU,
    Tanh,
    Threshold,
)  # fmt: skip
from tests.counting import Number, backward_ledger, ledger, tallied
from tests.ops.definitions import gradient, if_positive, kept, maximum, minimum, special

ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
SHAPE = (2, 4, 3, 6)

Case = tuple[Op, Callable[[Any], Any], Callable[[Any], Any]]


def erf(x: Any) -> Any:
    return special(torch.erf, x)


def exp(x: Any) -> Any:
    return special(torch.exp, x)


def log(x: Any) -> Any:
    return special(torch.log, x)


def sigmoid(x: Any) -> Any:
    return special(torch.sigmoid, x)


def tanh(x: Any) -> Any:
    return special(torch.tanh, x)


def chosen(x: Any, above: float, value: Any, otherwise: Any) -> Any:
    """The value where x is above a number: one comparison."""
    return x.maximum() if isinstance(x, Number) else torch.where(x > above, value, otherwise)


def below(x: Any, under: float, value: Any, otherwise: Any) -> Any:
    """The value where x is below a number: one comparison."""
    return x.minimum() if isinstance(x, Number) else torch.where(x < under, value, otherwise)


ELEMENTWISE: list[Case] = [
    (ReLU(), lambda x: maximum(x, 0), functional.relu),
    (ReLU6(), lambda x: minimum(maximum(x, 0), 6), functional.relu6),
    (LeakyReLU(slope=0.2), lambda x: if_positive(x, 0.2 * x), lambda x: functional.leaky_relu(x, 0.2)),
    (PReLU(), lambda x: if_positive(x, 0.25 * x), torch.nn.PReLU(dtype=torch.float64)),
    (ELU(alpha=0.5), lambda x: if_positive(x, 0.5 * (exp(x) - 1)), lambda x: functional.elu(x, 0.5)),
    (SELU(), lambda x: SCALE * if_positive(x, ALPHA * (exp(x) - 1)), functional.selu),
    (CELU(alpha=2), lambda x: if_positive(x, 2 * (exp(x / 2) - 1)), lambda x: functional.celu(x, 2)),
    (GELU(), lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))), functional.gelu),
    (
        GELU(approximate="tanh"),
        lambda x: 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))),
        lambda x: functional.gelu(x, approximate="tanh"),
    ),
    (SiLU(), lambda x: x * sigmoid(x), functional.silu),
    (Sigmoid(), sigmoid, torch.sigmoid),
    (Tanh(), tanh, torch.tanh),
    (HardSwish(), lambda x: x * minimum(maximum(x + 3, 0), 6) / 6, functional.hardswish),
    (HardSigmoid(), lambda x: minimum(maximum(x + 3, 0), 6) / 6, functional.hardsigmoid),
    (HardTanh(low=-2, high=3), lambda x: minimum(maximum(x, -2), 3), lambda x: functional.hardtanh(x, -2, 3)),
    (Threshold(threshold=1, value=-2), lambda x: chosen(x, 1, x, -2), lambda x: functional.threshold(x, 1, -2)),
    (SoftShrink(), lambda x: chosen(x, 0.5, x - 0.5, below(x, -0.5, x + 0.5, 0)), functional.softshrink),
    (Softplus(), lambda x: log(1 + exp(x)), functional.softplus),
    (Softsign(), lambda x: x / (1 + maximum(x, 0 - x)), functional.softsign),
    (Mish(), lambda x: x * tanh(log(1 + exp(x))), functional.mish),
    (LogSigmoid(), lambda x: log(sigmoid(x)), functional.logsigmoid),
]


def _ids(case: Case) -> str:
    return f"{case[0].tag} {getattr(case[0], 'approximate', '')}".strip()


@pytest.mark.parametrize(("op", "definition", "torchs"), ELEMENTWISE, ids=map(_ids, ELEMENTWISE))
def test_ledger_is_that_of_a_definition_that_computes_what_torch_does(
    op: Op, definition: Callable[[Any], Any], torchs: Callable[[Any], Any]
) -> None:
    x = torch.linspace(-5, 5, math.prod(SHAPE), dtype=torch.float64).reshape(SHAPE)
    torch.testing.assert_close(definition(x), torchs(x))
    assert op.infer(SHAPE) == tuple(torchs(x).shape)
    with tallied() as done:
        for _ in range(math.prod(SHAPE)):
            definition(Number())
    assert ledger(op, SHAPE) == done


GATED: list[tuple[Op, Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = [
    (GLU(), lambda a, b: a * sigmoid(b), lambda a, b: functional.glu(torch.cat([a, b], -1), -1)),
    (SwiGLU(), lambda a, b: a * sigmoid(a) * b, lambda a, b: functional.silu(a) * b),
    (GeGLU(), lambda a, b: 0.5 * a * (1 + erf(a / math.sqrt(2))) * b, lambda a, b: functional.gelu(a) * b),
]


@pytest.mark.parametrize(("op", "definition", "torchs"), GATED, ids=[op.tag for op, _, _ in GATED])
def test_gated_ledger_is_that_of_a_definition_that_computes_what_torch_does(
    op: Op, definition: Callable[[Any, Any], Any], torchs: Callable[[Any, Any], Any]
) -> None:
    a, b = torch.linspace(-5, 5, math.prod(SHAPE), dtype=torch.float64).reshape(SHAPE).chunk(2, -1)
    torch.testing.assert_close(definition(a, b), torchs(a, b))
    assert op.infer(SHAPE) == tuple(torchs(a, b).shape)
    with tallied() as done:
        for _ in range(a.numel()):
            definition(Number(), Number())
    assert ledger(op, SHAPE) == done


@pytest.mark.parametrize("axis", [1, 3, -1, -3])
def test_halves_the_axis_that_torch_does(axis: int) -> None:
    assert GLU(axis=axis).infer(SHAPE) == tuple(functional.glu(torch.empty(SHAPE, device="meta"), axis).shape)


def test_every_activation_is_tested() -> None:
    tested = {type(op) for op, _, _ in ELEMENTWISE} | {type(op) for op, _, _ in GATED}
    assert tested == {cls for cls in OPS.values() if issubclass(cls, Activation)}


@pytest.mark.parametrize("per_channel", [False, True])
def test_prelu_has_torchs_weight(per_channel: bool) -> None:
    module = torch.nn.PReLU(SHAPE[1] if per_channel else 1)
    op = PReLU(per_channel=per_channel)
    assert op.weights(SHAPE) == {name: tuple(weight.shape) for name, weight in module.named_parameters()}


def test_declared_activations_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(ReLU())) == ReLU()
    assert isinstance(pickle.loads(pickle.dumps(SwiGLU(axis=1))), Gated)


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (GLU(), (1, 4, 7), "cannot halve axis -1 of size 7"),
        (GLU(axis=3), (1, 4, 6), "axis 3 is out of range: the input has 3 axes"),
        (PReLU(per_channel=True), (8,), "needs a batch and channels, not 1 axes"),
    ],
)
def test_refuses(op: Op, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(shape)
    assert caught.value.what == message


def mask(low: float, high: float, x: Any, inside: float = 1, outside: float = 0) -> Any:
    """A factor by where x lies, which the forward pass has compared."""
    return kept(lambda x: torch.where((x > low) & (x < high), inside, outside).to(x.dtype), x)


def gelu_gradient(x: Any, y: Any, dy: Any) -> Any:
    e = kept(lambda x: 1 + torch.erf(x / math.sqrt(2)), x)
    return dy * (0.5 * e + 1 / math.sqrt(2 * math.pi) * x * exp(-0.5 * x * x))


def gelu_tanh_gradient(x: Any, y: Any, dy: Any) -> Any:
    k = math.sqrt(2 / math.pi)
    square = kept(lambda x: 0.044715 * x * x, x)
    t = kept(lambda x, square: torch.tanh(k * (x + square * x)), x, square)
    one, half = kept(lambda t: 1 + t, t), kept(lambda x: 0.5 * x, x)
    return dy * (0.5 * one + half * (1 - t * t) * (k + 3 * k * square))


def mish_gradient(x: Any, y: Any, dy: Any) -> Any:
    e = kept(torch.exp, x)
    one = kept(lambda e: 1 + e, e)
    t = kept(lambda one: torch.tanh(torch.log(one)), one)
    return dy * (t + x * (1 - t * t) * (e / one))


def silu_gradient(x: Any, y: Any, dy: Any) -> Any:
    s = kept(torch.sigmoid, x)
    return dy * (s + y * (1 - s))


def hard_swish_gradient(x: Any, y: Any, dy: Any) -> Any:
    return dy * (kept(lambda x: (x + 3).clamp(0, 6), x) + x * mask(-3, 3, x)) / 6


def softplus_gradient(x: Any, y: Any, dy: Any) -> Any:
    e = kept(torch.exp, x)
    return dy * e / kept(lambda e: 1 + e, e)


def softsign_gradient(x: Any, y: Any, dy: Any) -> Any:
    s = kept(lambda x: 1 + x.abs(), x)
    return dy / s / s


def factor(positive: float, x: Any, otherwise: Any) -> Any:
    """One of two factors, as the forward pass has chosen."""
    return otherwise if isinstance(x, Number) else torch.where(x > 0, positive, otherwise)


INFINITY = math.inf
GRADIENTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "relu": lambda x, y, dy: dy * mask(0, INFINITY, x),
    "relu6": lambda x, y, dy: dy * mask(0, 6, x),
    "leaky_relu": lambda x, y, dy: dy * mask(0, INFINITY, x, outside=0.2),
    "prelu": lambda x, y, dy: dy * mask(0, INFINITY, x, outside=0.25),
    "elu": lambda x, y, dy: dy * factor(1, x, 0.5 * kept(torch.exp, x)),
    "selu": lambda x, y, dy: dy * factor(SCALE, x, SCALE * ALPHA * kept(torch.exp, x)),
    "celu": lambda x, y, dy: dy * factor(1, x, kept(lambda x: torch.exp(x / 2), x)),
    "gelu": gelu_gradient,
    "gelu tanh": gelu_tanh_gradient,
    "silu": silu_gradient,
    "sigmoid": lambda x, y, dy: dy * y * (1 - y),
    "tanh": lambda x, y, dy: dy * (1 - y * y),
    "hardswish": hard_swish_gradient,
    "hardsigmoid": lambda x, y, dy: dy * mask(-3, 3, x, inside=1 / 6),
    "hardtanh": lambda x, y, dy: dy * mask(-2, 3, x),
    "softplus": softplus_gradient,
    "softsign": softsign_gradient,
    "mish": mish_gradient,
    "threshold": lambda x, y, dy: dy * kept(lambda x: (x > 1).to(x.dtype), x),
    "softshrink": lambda x, y, dy: dy * kept(lambda x: (x.abs() > 0.5).to(x.dtype), x),
    "logsigmoid": lambda x, y, dy: dy * (1 - kept(torch.sigmoid, x)),
}


@pytest.mark.parametrize(("op", "definition", "torchs"), ELEMENTWISE, ids=map(_ids, ELEMENTWISE))
def test_gradient_is_that_of_a_definition_that_computes_what_torch_does(
    op: Op, definition: Callable[[Any], Any], torchs: Callable[[Any], Any]
) -> None:
    by_definition = GRADIENTS[f"{op.tag} {getattr(op, 'approximate', 'none')}".removesuffix(" none")]
    x = torch.linspace(-5, 5, math.prod(SHAPE), dtype=torch.float64).reshape(SHAPE)
    dy = torch.randn(SHAPE, dtype=torch.float64)
    (expected,) = gradient(torchs, x, dy=dy)
    torch.testing.assert_close(by_definition(x, torchs(x).detach(), dy), expected)
    with tallied() as done:
        for _ in range(math.prod(SHAPE)):
            by_definition(Number(), Number(), Number())
    assert backward_ledger(op, SHAPE, to=[0]) == done


def glu_gradient(a: Any, b: Any, y: Any, dy: Any) -> Any:
    s = kept(torch.sigmoid, b)
    return dy * s, dy * y * (1 - s)


def swiglu_gradient(a: Any, b: Any, y: Any, dy: Any) -> Any:
    s, u = kept(torch.sigmoid, a), kept(functional.silu, a)
    return dy * b * (s + u * (1 - s)), dy * u


def geglu_gradient(a: Any, b: Any, y: Any, dy: Any) -> Any:
    return gelu_gradient(a, None, dy * b), dy * kept(functional.gelu, a)


GATED_GRADIENTS = {"glu": glu_gradient, "swiglu": swiglu_gradient, "geglu": geglu_gradient}


@pytest.mark.parametrize(("op", "definition", "torchs"), GATED, ids=[op.tag for op, _, _ in GATED])
def test_gated_gradients_are_those_of_a_definition_that_computes_what_torch_does(
    op: Op, definition: Callable[[Any, Any], Any], torchs: Callable[[Any, Any], Any]
) -> None:
    a, b = torch.linspace(-5, 5, math.prod(SHAPE), dtype=torch.float64).reshape(SHAPE).chunk(2, -1)
    dy = torch.randn(a.shape, dtype=torch.float64)
    found = GATED_GRADIENTS[op.tag](a, b, torchs(a, b), dy)
    for ours, expected in zip(found, gradient(torchs, a, b, dy=dy), strict=True):
        torch.testing.assert_close(ours, expected)
    with tallied() as done:
        for _ in range(a.numel()):
            GATED_GRADIENTS[op.tag](Number(), Number(), Number(), Number())
    assert backward_ledger(op, SHAPE) == done


@pytest.mark.parametrize("per_channel", [False, True])
def test_prelus_weight_has_a_gradient(per_channel: bool) -> None:
    """`Σ dy · min(x, 0)`, over all elements that it serves."""
    module = torch.nn.PReLU(SHAPE[1] if per_channel else 1, dtype=torch.float64)
    x, dy = (torch.randn(SHAPE, dtype=torch.float64) for _ in range(2))
    (expected,) = torch.autograd.grad(module(x), [module.weight], dy)
    terms = dy * minimum(x, 0)
    torch.testing.assert_close((terms.sum((0, 2, 3)) if per_channel else terms.sum()).reshape(-1), expected)
    elements, weights = math.prod(SHAPE), expected.numel()
    assert backward_ledger(PReLU(per_channel=per_channel), SHAPE, to=["weight"]) == {
        "cmp": elements, "mul": elements, "add": elements - weights,
    }  # fmt: skip
