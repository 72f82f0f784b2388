"""The names inside one use of a block: what `from:` can refer to, and how unnamed layers are numbered."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from ...graph import Tensor
from .syntax import Entry

Tensors = tuple[Tensor, ...]


def candidates(wanted: str, layer: str) -> Iterator[str]:
    """The full names that a weight's name can mean, the layer's own scope first; a leading dot means the top alone.

    Example:
        >>> list(candidates("a.weight", "main.0.b")), list(candidates(".a.weight", "main.0.b"))
        (['main.0.a.weight', 'main.a.weight', 'a.weight'], ['a.weight'])
    """
    if wanted.startswith("."):
        yield wanted[1:]
        return
    while layer:
        layer = layer.rpartition(".")[0]
        yield f"{layer}.{wanted}" if layer else wanted


class Frame(Struct):
    """One use of a block, or the model itself. Names are local to it.

    Attributes:
        prefix: What its layers' full names begin with: `layer1.0.`.
        names: The results of every layer so far, by its name without the prefix.
        counts: The number last given to an unnamed layer, by its scope and kind.
        body: All its entries, for messages about what stands later.
    """

    prefix: str = ""
    names: dict[str, Tensors] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    body: tuple[Entry, ...] = ()

    def find(self, name: str, scope: str) -> Tensors | None:
        """Results by name, sought from the innermost named group (`main.`) outwards to the block's edge."""
        while True:
            found = self.names.get(scope + name)
            if found is not None or not scope:
                return found
            scope = scope[: scope.rstrip(".").rfind(".") + 1]

    def number(self, kind: str, scope: str) -> str:
        """A name for an unnamed layer: its kind and the next free number, as if every copy were written out.

        Example:
            >>> frame = Frame()
            >>> frame.number("conv", ""), frame.number("conv", ""), frame.number("bn", "")
            ('conv1', 'conv2', 'bn1')
        """
        counter = scope + kind
        while True:
            number = self.counts[counter] = self.counts.get(counter, 0) + 1
            if f"{counter}{number}" not in self.names:
                return f"{kind}{number}"
