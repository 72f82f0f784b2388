"""Activations: each formula in words, and beside it the primitives that it takes per element.

Both sides of a case distinction are computed, as kernels do, and choosing one is a comparison. σ(x) = 1 / (1 + exp(−x))
is one transcendental function, like tanh and erf. Constants are computed beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from ..errors import OpError
from ..fields import Axis, Flag, Number
from ..op import Shape, op
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


ReLU = declared("ReLU", "max(x, 0)", Activation, cmp=1)
ReLU6 = declared("ReLU6", "min(max(x, 0), 6)", Activation, cmp=2)
SELU = declared("SELU", "λ · (x if x > 0 else α · (exp(x) − 1))", Activation, cmp=1, special=1, add=1, mul=2)
Sigmoid = declared("Sigmoid", "σ(x)", Activation, special=1)
SiLU = declared("SiLU", "x · σ(x)", Activation, special=1, mul=1)
Tanh = declared("Tanh", "tanh(x)", Activation, special=1)
HardSigmoid = declared("HardSigmoid", "min(max(x + 3, 0), 6) / 6", Activation, add=1, cmp=2, div=1)
HardSwish = declared("HardSwish", "x · min(max(x + 3, 0), 6) / 6", Activation, add=1, cmp=2, mul=1, div=1)
Softplus = declared("Softplus", "log(1 + exp(x))", Activation, special=2, add=1)
Softsign = declared("Softsign", "x / (1 + max(x, 0 − x))", Activation, add=2, cmp=1, div=1)
Mish = declared("Mish", "x · tanh(log(1 + exp(x)))", Activation, special=3, add=1, mul=1)
LogSigmoid = declared("LogSigmoid", "log(σ(x))", Activation, special=2)

GLU = declared("GLU", "a · σ(b)", Gated, special=1, mul=1)
SwiGLU = declared("SwiGLU", "a · σ(a) · b", Gated, special=1, mul=2)
GeGLU = declared("GeGLU", "½ · a · (1 + erf(a / √2)) · b", Gated, div=1, special=1, add=1, mul=3)


@op
class LeakyReLU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else slope · x."""

    slope: Number = 0.01

    tag: ClassVar = "leaky_relu"
    citation: ClassVar = "Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models"
    primitives: ClassVar = {"cmp": 1, "mul": 1}


@op
class PReLU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else weight · x, one weight for all or one per channel.

    x: (N, D, ...)   weight: (1,) or (D,)   ->   y: (N, D, ...)

    Example:
        >>> PReLU(per_channel=True).weights((1, 64, 56, 56))
        {'weight': (64,)}
    """

    per_channel: Flag = False

    tag: ClassVar = "prelu"
    citation: ClassVar = "He et al. 2015, arXiv 1502.01852"
    primitives: ClassVar = {"cmp": 1, "mul": 1}

    def check(self, x: Shape) -> None:
        if self.per_channel and len(x) < 2:
            raise OpError(f"needs a batch and channels, not {len(x)} axes", hint="per_channel: false has one weight")

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": (x[1],) if self.per_channel else (1,)}


@op
class ELU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else α · (exp(x) − 1)."""

    alpha: Number = 1

    tag: ClassVar = "elu"
    citation: ClassVar = "Clevert et al. 2015, arXiv 1511.07289"
    primitives: ClassVar = {"cmp": 1, "mul": 1, "special": 1, "add": 1}


@op
class CELU(Activation, frozen=True, kw_only=True):
    """Element by element: y = x if x > 0 else α · (exp(x / α) − 1)."""

    alpha: Number = 1

    tag: ClassVar = "celu"
    citation: ClassVar = "Barron 2017, arXiv 1704.07483"
    primitives: ClassVar = {"cmp": 1, "mul": 1, "special": 1, "div": 1, "add": 1}


@op
class HardTanh(Activation, frozen=True, kw_only=True):
    """Element by element: y = min(max(x, low), high)."""

    low: Number = -1
    high: Number = 1

    tag: ClassVar = "hardtanh"
    primitives: ClassVar = {"cmp": 2}


@op
class GELU(Activation, frozen=True, kw_only=True):
    """Element by element: y = ½ · x · (1 + erf(x / √2)), or ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x · x · x)))."""

    approximate: Literal["none", "tanh"] = "none"

    tag: ClassVar = "gelu"
    citation: ClassVar = "Hendrycks and Gimpel 2016, arXiv 1606.08415"
    primitives: ClassVar = {"mul": 2, "add": 1, "special": 1, "div": 1}
    approximated: ClassVar = {"mul": 6, "add": 2, "special": 1}

    def _per_element(self) -> Mapping[str, int]:
        return self.approximated if self.approximate == "tanh" else self.primitives
