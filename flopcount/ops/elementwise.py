"""Mathematical functions of one input, element by element; activations are a family of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..errors import OpError
from ..fields import Number
from ..op import Shape, op
from .pointwise import Pointwise, declared


class Elementwise(Pointwise, frozen=True, kw_only=True):
    """A mathematical function, element by element.

    x: (...)   ->   y: (...)
    """

    group: ClassVar = "elementwise"


Exp = declared(
    "Exp", "exp(x)", Elementwise, special=1,
    back=("dx = dy · y", {"mul": 1}),
)  # fmt: skip
Log = declared(
    "Log", "log(x)", Elementwise, special=1,
    back=("dx = dy / x", {"div": 1}),
)  # fmt: skip
Sqrt = declared(
    "Sqrt", "√x", Elementwise, special=1,
    back=("dx = ½ · dy / y", {"mul": 1, "div": 1}),
)  # fmt: skip
Rsqrt = declared(
    "Rsqrt", "1 / √x", Elementwise, special=1, div=1,
    back=("dx = −½ · dy · y / x", {"mul": 2, "div": 1}),
)  # fmt: skip
Sin = declared(
    "Sin", "sin(x)", Elementwise, special=1,
    back=("dx = dy · cos(x)", {"special": 1, "mul": 1}),
)  # fmt: skip
Cos = declared(
    "Cos", "cos(x)", Elementwise, special=1,
    back=("dx = 0 − dy · sin(x)", {"special": 1, "mul": 1, "add": 1}),
)  # fmt: skip
Square = declared(
    "Square", "x · x", Elementwise, mul=1,
    back=("dx = 2 · dy · x", {"mul": 2}),
)  # fmt: skip
Reciprocal = declared(
    "Reciprocal", "1 / x", Elementwise, div=1,
    back=("dx = 0 − dy · y · y", {"mul": 2, "add": 1}),
)  # fmt: skip
Neg = declared(
    "Neg", "0 − x", Elementwise, add=1,
    back=("dx = 0 − dy", {"add": 1}),
)  # fmt: skip
Abs = declared(
    "Abs", "max(x, 0 − x)", Elementwise, add=1, cmp=1,
    back=("dx = dy · (1 if x > 0 else −1)", {"mul": 1}),
)  # fmt: skip
Exp2 = declared(
    "Exp2", "2^x", Elementwise, special=1,
    back=("dx = log(2) · dy · y", {"mul": 2}),
)  # fmt: skip
Expm1 = declared(
    "Expm1", "exp(x) − 1", Elementwise, special=1, add=1,
    back=("dx = dy · (y + 1)", {"mul": 1, "add": 1}),
)  # fmt: skip
Log2 = declared(
    "Log2", "log₂(x)", Elementwise, special=1,
    back=("dx = dy / log(2) / x", {"div": 2}),
)  # fmt: skip
Log10 = declared(
    "Log10", "log₁₀(x)", Elementwise, special=1,
    back=("dx = dy / log(10) / x", {"div": 2}),
)  # fmt: skip
Log1p = declared(
    "Log1p", "log(1 + x)", Elementwise, special=1, add=1,
    back=("dx = dy / (1 + x)", {"div": 1, "add": 1}),
)  # fmt: skip
Erf = declared(
    "Erf", "erf(x)", Elementwise, special=1,
    back=("dx = 2/√π · dy · exp(0 − x · x)", {"mul": 3, "special": 1, "add": 1}),
)  # fmt: skip
Tan = declared(
    "Tan", "tan(x)", Elementwise, special=1,
    back=("dx = dy · (1 + y · y)", {"mul": 2, "add": 1}),
)  # fmt: skip
Asin = declared(
    "Asin", "arcsin(x)", Elementwise, special=1,
    back=("dx = dy / √(1 − x · x)", {"mul": 1, "add": 1, "special": 1, "div": 1}),
)  # fmt: skip
Acos = declared(
    "Acos", "arccos(x)", Elementwise, special=1,
    back=("dx = 0 − dy / √(1 − x · x)", {"mul": 1, "add": 2, "special": 1, "div": 1}),
)  # fmt: skip
Atan = declared(
    "Atan", "arctan(x)", Elementwise, special=1,
    back=("dx = dy / (1 + x · x)", {"mul": 1, "add": 1, "div": 1}),
)  # fmt: skip
Sinh = declared(
    "Sinh", "sinh(x)", Elementwise, special=1,
    back=("dx = dy · cosh(x)", {"special": 1, "mul": 1}),
)  # fmt: skip
Cosh = declared(
    "Cosh", "cosh(x)", Elementwise, special=1,
    back=("dx = dy · sinh(x)", {"special": 1, "mul": 1}),
)  # fmt: skip
Asinh = declared(
    "Asinh", "arsinh(x)", Elementwise, special=1,
    back=("dx = dy / √(x · x + 1)", {"mul": 1, "add": 1, "special": 1, "div": 1}),
)  # fmt: skip
Acosh = declared(
    "Acosh", "arcosh(x)", Elementwise, special=1,
    back=("dx = dy / √(x · x − 1)", {"mul": 1, "add": 1, "special": 1, "div": 1}),
)  # fmt: skip
Atanh = declared(
    "Atanh", "artanh(x)", Elementwise, special=1,
    back=("dx = dy / (1 − x · x)", {"mul": 1, "add": 1, "div": 1}),
)  # fmt: skip
Sign = declared(
    "Sign", "(x > 0) − (x < 0)", Elementwise, add=1, cmp=2,
    back=("dx = 0", {}),
)  # fmt: skip

# Rounding decides between two integers: a comparison.
Floor = declared("Floor", "the greatest integer not above x", Elementwise, cmp=1, back=("dx = 0", {}))
Ceil = declared("Ceil", "the least integer not below x", Elementwise, cmp=1, back=("dx = 0", {}))
Round = declared("Round", "the integer nearest to x", Elementwise, cmp=1, back=("dx = 0", {}))
Trunc = declared("Trunc", "x without its fraction", Elementwise, cmp=1, back=("dx = 0", {}))


@op
class Pow(Elementwise, frozen=True, kw_only=True):
    """A constant power: one transcendental function, as for a general exponent (`square` is one multiplication).

    Backward, dx = dy · exponent · x^(exponent − 1).
    """

    exponent: Number

    tag: ClassVar = "pow"
    primitives: ClassVar = {"special": 1}
    gradient: ClassVar = {"special": 1, "mul": 2}


@op
class Scale(Elementwise, frozen=True, kw_only=True):
    """Times a constant; times another tensor is `mul`.

    Example:
        >>> Scale(by=0.125).infer((1, 12, 197, 64))
        (1, 12, 197, 64)
    """

    by: Number

    tag: ClassVar = "scale"
    primitives: ClassVar = {"mul": 1}
    gradient: ClassVar = {"mul": 1}


@op
class Shift(Elementwise, frozen=True, kw_only=True):
    """Plus a constant; plus another tensor is `add`."""

    by: Number

    tag: ClassVar = "shift"
    primitives: ClassVar = {"add": 1}


@op
class Clamp(Elementwise, frozen=True, kw_only=True):
    """Held between `min` and `max`: a comparison per element with each that is given.

    Backward, dx = dy · (1 if min < x < max else 0).
    """

    min: Number | None = None
    max: Number | None = None

    tag: ClassVar = "clamp"
    gradient: ClassVar = {"mul": 1}

    def check(self, x: Shape) -> None:
        if self.min is None and self.max is None:
            raise OpError("needs min, max or both", hint="`clamp: {min: 0, max: 6}`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise OpError(f"min {self.min} is greater than max {self.max}")

    def _per_element(self) -> Mapping[str, int]:
        return {"cmp": (self.min is not None) + (self.max is not None)}
