"""Activations: each formula in words, and beside it the primitives that it takes per element.

Both sides of a case distinction are computed, as kernels do, and choosing one is a comparison. σ(x) = 1 / (1 + exp(−x))
is one transcendental function, like tanh and erf. Constants are computed beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from ..errors import OpError
from ..fields import Axis, Flag, Number
from ..op import Shape, Work, add, cmp, mul, op, to_weight
from ..sizes import prod
from .axes import axis_of, check_axis, replaced
from .pointwise import Pointwise, declared


class Activation(Pointwise, frozen=True, kw_only=True):
    """A nonlinearity, element by element.

    x: (...)   ->   y: (...)
    """

    group: ClassVar = "activation"


class Gated(Activation, frozen=True, kw_only=True):
    """A function of two halves of the input, a and b, split along an axis.

    x: (..., 2·D, ...)   ->   y: (..., D, ...)
    """

    axis: Axis = -1

    def check(self, x: Shape) -> None:
        check_axis(self.axis, len(x))
        if x[self.axis] % 2:
            raise OpError(
                f"cannot halve axis {self.axis} of size {x[self.axis]}",
                hint="the layer before makes both the values and their gates: twice as many outputs as go on",
            )

    def infer(self, x: Any) -> Any:
        return replaced(x, axis_of(self.axis, len(x)), x[self.axis] // 2)


ReLU = declared(
    "ReLU", "max(x, 0)", Activation, cmp=1,
    back=("dx = dy · (1 if x > 0 else 0)", {"mul": 1}),
)  # fmt: skip
ReLU6 = declared(
    "ReLU6", "min(max(x, 0), 6)", Activation, cmp=2,
    back=("dx = dy · (1 if 0 < x < 6 else 0)", {"mul": 1}),
)  # fmt: skip
SELU = declared(
    "SELU", "λ · (x if x > 0 else α · (exp(x) − 1))", Activation, cmp=1, special=1, add=1, mul=2,
    back=("dx = dy · (λ if x > 0 else λα · exp(x))", {"mul": 2}),
)  # fmt: skip
Sigmoid = declared(
    "Sigmoid", "σ(x)", Activation, special=1,
    back=("dx = dy · y · (1 − y)", {"mul": 2, "add": 1}),
)  # fmt: skip
SiLU = declared(
    "SiLU", "x · σ(x)", Activation, special=1, mul=1,
    back=("dx = dy · (σ(x) + y · (1 − σ(x)))", {"mul": 2, "add": 2}),
)  # fmt: skip
Tanh = declared(
    "Tanh", "tanh(x)", Activation, special=1,
    back=("dx = dy · (1 − y · y)", {"mul": 2, "add": 1}),
)  # fmt: skip
HardSigmoid = declared(
    "HardSigmoid", "min(max(x + 3, 0), 6) / 6", Activation, add=1, cmp=2, div=1,
    back=("dx = dy · (1/6 if −3 < x < 3 else 0)", {"mul": 1}),
)  # fmt: skip
HardSwish = declared(
    "HardSwish", "x · min(max(x + 3, 0), 6) / 6", Activation, add=1, cmp=2, mul=1, div=1,
    back=("dx = dy · (min(max(x + 3, 0), 6) + x · (1 if −3 < x < 3 else 0)) / 6", {"mul": 2, "add": 1, "div": 1}),
)  # fmt: skip
Softplus = declared(
    "Softplus", "log(1 + exp(x))", Activation, special=2, add=1,
    back=("dx = dy · exp(x) / (1 + exp(x))", {"mul": 1, "div": 1}),
)  # fmt: skip
Softsign = declared(
    "Softsign", "x / (1 + max(x, 0 − x))", Activation, add=2, cmp=1, div=1,
    back=("dx = dy / s / s with s = 1 + max(x, 0 − x)", {"div": 2}),
)  # fmt: skip
Mish = declared(
    "Mish", "x · tanh(log(1 + exp(x)))", Activation, special=3, add=1, mul=1,
    back=("dx = dy · (t + x · (1 − t · t) · (exp(x) / (1 + exp(x)))) with t the tanh", {"mul": 4, "add": 2, "div": 1}),
)  # fmt: skip
LogSigmoid = declared(
    "LogSigmoid", "log(σ(x))", Activation, special=2,
    back=("dx = dy · (1 − σ(x))", {"mul": 1, "add": 1}),
)  # fmt: skip

GLU = declared(
    "GLU", "a · σ(b)", Gated, special=1, mul=1,
    back=("da = dy · σ(b), db = dy · y · (1 − σ(b))", {"mul": 3, "add": 1}),
)  # fmt: skip
SwiGLU = declared(
    "SwiGLU", "a · σ(a) · b", Gated, special=1, mul=2,
    back=("da = dy · b · (σ(a) + u · (1 − σ(a))), db = dy · u with u = a · σ(a)", {"mul": 4, "add": 2}),
)  # fmt: skip
GeGLU = declared(
    "GeGLU", "½ · a · (1 + erf(a / √2)) · b", Gated, div=1, special=1, add=1, mul=3,
    back=(
        "da = dy · b · (½ · e + c · a · exp(−½ · a · a)), db = dy · ½ae with e = 1 + erf(a / √2), c = 1/√(2π)",
        {"mul": 8, "add": 1, "special": 1},
    ),
)  # fmt: skip


@op
class LeakyReLU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else slope · x; backward, dx = dy · (1 if x > 0 else slope)."""

    slope: Number = 0.01

    tag: ClassVar = "leaky_relu"
    citation: ClassVar = "Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models"
    primitives: ClassVar = {"cmp": 1, "mul": 1}
    gradient: ClassVar = {"mul": 1}


@op
class PReLU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else weight · x, one weight for all or one per channel.

    x: (N, D, ...)   weight: (1,) or (D,)   ->   y: (N, D, ...)

    Backward, dx = dy · (1 if x > 0 else weight), and the weight's gradient sums dy · min(x, 0).

    Example:
        >>> PReLU(per_channel=True).weights((1, 64, 56, 56))
        {'weight': (64,)}
    """

    per_channel: Flag = False

    tag: ClassVar = "prelu"
    citation: ClassVar = "He et al. 2015, arXiv 1502.01852"
    primitives: ClassVar = {"cmp": 1, "mul": 1}
    gradient: ClassVar = {"mul": 1}

    def check(self, x: Shape) -> None:
        if self.per_channel and len(x) < 2:
            raise OpError(f"needs a batch and channels, not {len(x)} axes", hint="per_channel: false has one weight")

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": (x[1],) if self.per_channel else (1,)}

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        elements, weights = prod(y), y[1] if self.per_channel else 1
        return (*super().backward(x, y), *to_weight("weight", cmp(elements), mul(elements), add(elements - weights)))


@op
class ELU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else α · (exp(x) − 1); backward, dx = dy · (1 if x > 0 else α · exp(x))."""

    alpha: Number = 1

    tag: ClassVar = "elu"
    citation: ClassVar = "Clevert et al. 2015, arXiv 1511.07289"
    primitives: ClassVar = {"cmp": 1, "mul": 1, "special": 1, "add": 1}
    gradient: ClassVar = {"mul": 2}


@op
class CELU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else α · (exp(x / α) − 1).

    Backward, dx = dy · (1 if x > 0 else exp(x / α)).
    """

    alpha: Number = 1

    tag: ClassVar = "celu"
    citation: ClassVar = "Barron 2017, arXiv 1704.07483"
    primitives: ClassVar = {"cmp": 1, "mul": 1, "special": 1, "div": 1, "add": 1}
    gradient: ClassVar = {"mul": 1}


@op
class Threshold(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > threshold else value; backward, dx = dy · (1 if x > threshold else 0)."""

    threshold: Number
    value: Number = 0

    tag: ClassVar = "threshold"
    primitives: ClassVar = {"cmp": 1}
    gradient: ClassVar = {"mul": 1}


@op
class SoftShrink(Activation, frozen=True, kw_only=True):
    """Element by element: y = x − bias if x > λ else x + bias if x < −λ else 0; backward, dx = dy · (0 in between)."""

    lambd: Number = 0.5
    bias: Number = 0.5

    tag: ClassVar = "softshrink"
    primitives: ClassVar = {"cmp": 2, "add": 2}
    gradient: ClassVar = {"mul": 1}


@op
class HardTanh(Activation, frozen=True, kw_only=True):
    """Element by element: y = min(max(x, low), high); backward, dx = dy · (1 if low < x < high else 0)."""

    low: Number = -1
    high: Number = 1

    tag: ClassVar = "hardtanh"
    primitives: ClassVar = {"cmp": 2}
    gradient: ClassVar = {"mul": 1}


@op
class GELU(Activation, frozen=True, kw_only=True):
    """Element by element: y = ½ · x · (1 + erf(x / √2)), or ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x · x · x))).

    Backward, dx = dy · (½ · (1 + erf(x / √2)) + c · x · exp(−½ · x · x)) with c = 1/√(2π), or with t the tanh and
    k = √(2/π) dx = dy · (½ · (1 + t) + ½x · (1 − t · t) · (k + 3k · (0.044715 · x · x))).
    """

    approximate: Literal["none", "tanh"] = "none"

    tag: ClassVar = "gelu"
    citation: ClassVar = "Hendrycks and Gimpel 2016, arXiv 1606.08415"
    primitives: ClassVar = {"mul": 2, "add": 1, "special": 1, "div": 1}
    gradient: ClassVar = {"mul": 6, "add": 1, "special": 1}
    approximated: ClassVar = {"mul": 6, "add": 2, "special": 1}
    approximated_gradient: ClassVar = {"mul": 6, "add": 3}

    def _per_element(self) -> Mapping[str, int]:
        return self.approximated if self.approximate == "tanh" else self.primitives

    def _gradient_per_element(self) -> Mapping[str, int]:
        return self.approximated_gradient if self.approximate == "tanh" else self.gradient
