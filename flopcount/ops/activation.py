"""Activations: each formula in words, and beside it the primitives that it takes per element.

Both sides of a case distinction are computed, as kernels do, and choosing one is a comparison. σ(x) = 1 / (1 + exp(−x))
is one transcendental function, like tanh and erf. Constants are computed beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, cast

from msgspec import defstruct

from ..errors import OpError
from ..fields import Axis, Flag, Number
from ..op import Op, Shape, Work, op
from ..sizes import prod
from .axes import axis_of, check_axis, replaced


class Activation(Op, frozen=True, kw_only=True):
    """A function of each element by itself.

    x: (...)   ->   y: (...)

    Class attributes:
        primitives: How many of each kind it takes per element.
    """

    group: ClassVar = "activation"
    primitives: ClassVar[Mapping[str, int]] = {}

    def infer(self, x: Any) -> Any:
        return x

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements = prod(y)
        return tuple(Work(kind, count * elements) for kind, count in self._per_element().items())

    def _per_element(self) -> Mapping[str, int]:
        return self.primitives


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


def _activation(name: str, formula: str, base: type[Activation] = Activation, **primitives: int) -> type[Activation]:
    """Declare the op `name.lower()` from its formula and its primitives per element."""
    attributes = {
        "__doc__": f"Element by element: y = {formula}.",
        "tag": name.lower(),
        "citation": f"definition: y = {formula}",
        "primitives": primitives,
    }
    made = defstruct(name, (), bases=(base,), namespace=attributes, module=__name__, frozen=True, kw_only=True)
    return op(cast("type[Activation]", made))


ReLU = _activation("ReLU", "max(x, 0)", cmp=1)
ReLU6 = _activation("ReLU6", "min(max(x, 0), 6)", cmp=2)
SELU = _activation("SELU", "λ · (x if x > 0 else α · (exp(x) − 1))", cmp=1, special=1, add=1, mul=2)
Sigmoid = _activation("Sigmoid", "σ(x)", special=1)
SiLU = _activation("SiLU", "x · σ(x)", special=1, mul=1)
Tanh = _activation("Tanh", "tanh(x)", special=1)
HardSigmoid = _activation("HardSigmoid", "min(max(x + 3, 0), 6) / 6", add=1, cmp=2, div=1)
HardSwish = _activation("HardSwish", "x · min(max(x + 3, 0), 6) / 6", add=1, cmp=2, mul=1, div=1)
Softplus = _activation("Softplus", "log(1 + exp(x))", special=2, add=1)
Softsign = _activation("Softsign", "x / (1 + max(x, 0 − x))", add=2, cmp=1, div=1)
Mish = _activation("Mish", "x · tanh(log(1 + exp(x)))", special=3, add=1, mul=1)
LogSigmoid = _activation("LogSigmoid", "log(σ(x))", special=2)

GLU = _activation("GLU", "a · σ(b)", Gated, special=1, mul=1)
SwiGLU = _activation("SwiGLU", "a · σ(a) · b", Gated, special=1, mul=2)
GeGLU = _activation("GeGLU", "½ · a · (1 + erf(a / √2)) · b", Gated, div=1, special=1, add=1, mul=3)


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
