"""Embedding: a look-up in a table of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Size
from ..graph import INTEGER_DTYPES
from ..op import Op, Work, add, op, to_weight
from ..sizes import prod


@op
class Embedding(Op, frozen=True, kw_only=True):
    """A look-up: every integer of the input is replaced by its row of a table. Nothing is computed.

    x: (...) integers   weight: (V, D)   ->   y: (..., D)

    Example:
        >>> Embedding(vocab=50257, dim=768).infer((1, 1024))
        (1, 1024, 768)
    """

    vocab: Size
    dim: Size

    tag: ClassVar = "embedding"
    group: ClassVar = "linear"
    signature: ClassVar = "N T -> N T D"
    letters: ClassVar = {"vocab": "V", "dim": "D"}
    citation: ClassVar = "a look-up moves data and computes nothing"

    def infer(self, x: Any) -> Any:
        return (*x, self.dim)

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": (self.vocab, self.dim)}

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """Every token's gradient is added to its row of the table's: an addition an element, whatever the rows."""
        return to_weight("weight", add(prod(y)))

    def dtype(self, *dtypes: str) -> None:
        if dtypes[0] not in INTEGER_DTYPES:
            raise OpError(
                f"looks up integers, but its input is {dtypes[0]}",
                hint="declare the dtype of the network's input as int64",
            )
