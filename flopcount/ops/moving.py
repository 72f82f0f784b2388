"""What only moves data: elements in other places, or in another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..op import Op, Work, add, to_input
from ..sizes import prod


class Moving(Op, frozen=True, kw_only=True):
    """Every element of the output is one of the inputs', and none stands there twice.

    So its gradient moves back to where the element came from, and nothing is computed either.
    """

    def backward(self, *shapes: Any) -> Sequence[Work]:
        return ()


class Repeating(Op, frozen=True, kw_only=True):
    """Every element of the output is one of the input's, which may stand there several times.

    Its gradient is the sum of the gradients of all places where it stands.
    """

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return to_input(0, add(prod(y) - prod(x)))
