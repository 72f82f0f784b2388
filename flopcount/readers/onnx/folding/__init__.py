"""The arithmetic of shapes that exporters leave in a graph, done on plain numbers before anything is counted.

An entry of the table takes the inputs as arrays and the node's attributes, and returns the outputs; whatever it cannot
do, it refuses with `RefusedError`, and the value is just not known. Nothing here depends on any tensor of the network.
"""

from __future__ import annotations

import struct

from ..arrays import Array
from . import arithmetic, moving, reducing
from ._rules import LARGEST, Attributes, Fold, Inputs, RefusedError, single
from .moving import parts, reshaped

__all__ = ["FOLDS", "RefusedError", "fold", "parts", "reshaped", "single"]

FOLDS: dict[str, Fold] = {**arithmetic.FOLDS, **moving.FOLDS, **reducing.FOLDS}


def fold(op_type: str, inputs: Inputs, attributes: Attributes, version: int) -> list[Array] | None:
    """The outputs of a node whose inputs are known; None where they cannot be computed here.

    Args:
        op_type: The operator, of the standard domain.
        inputs: Known arrays; None for an optional input that is left out.
        attributes: The node's.
        version: The opset's.

    Example:
        >>> from ..arrays import vector
        >>> fold("Concat", [vector([1, 3]), vector([-1])], {"axis": 0}, 17)
        [Array(shape=(3,), items=(1, 3, -1), dtype='int64')]
    """
    rule = FOLDS.get(op_type)
    if rule is None:
        return None
    try:
        made = rule(inputs, attributes, version)
    except (RefusedError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, struct.error):
        return None
    for array in made:
        if any(isinstance(item, int) and not -LARGEST <= item < LARGEST for item in array.items):
            return None
    return made
