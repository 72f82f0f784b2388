"""Operators whose cost is not known, but whose output's shape is: what follows them is still counted."""

from __future__ import annotations

from collections.abc import Callable

from ....op import Shape
from ..call import Call, Results
from ..values import constant
from ._rules import Rule


def _unknown(shape: Callable[[Call], Shape]) -> Rule:
    return lambda call: call.moved(shape(call), free=False)


def _like_input(call: Call) -> Shape:
    return call.input(0).shape


def _stated(call: Call) -> Shape:
    return call.integers("shape") or ()


def _matrices_gone(call: Call) -> Shape:
    return call.input(0).shape[:-2]


def _window(call: Call) -> Results:
    """A window function of a size that is known: made beforehand."""
    return (constant(call.node.outputs[0], (int(call.array(0).items[0]),), "float32"),)


def _written(call: Call) -> Results:
    """Slices written into a cache."""
    return call.moved(call.input(0).shape)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Bernoulli", "RandomNormalLike", "RandomUniformLike"), _unknown(_like_input)),
    **dict.fromkeys(("RandomNormal", "RandomUniform"), _unknown(_stated)),
    **dict.fromkeys(("HannWindow", "HammingWindow", "BlackmanWindow"), _window),
    "Det": _unknown(_matrices_gone),
    "TensorScatter": _written,
}
