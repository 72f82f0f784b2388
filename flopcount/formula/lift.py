"""Give a layer's sizes their letters: an op's fields and shapes as `Quantity`, so that its formulas explain themselves.

Letters come from `Op.letters` (fields) and `Op.signature` (axes). What the signature does not cover gets a, b, c ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..op import Op, Shape
from .quantity import Quantity

VANISH_AT_ONE = {"N", "groups", "dilation"}
"""The batch axis and the fields whose 1 is not worth a letter: a plain convolution reads as the lecture writes it."""

SPATIAL = {1: ("L",), 2: ("H", "W"), 3: ("T", "H", "W")}
LEADING = {1: ("N",), 2: ("N", "T"), 3: ("N", "H", "W")}
WHOLE = {1: ("N",), 2: ("N", "D"), 3: ("N", "T", "D"), 4: ("N", "C", "H", "W"), 5: ("N", "C", "T", "H", "W")}
WORDS = {
    "N": "batch", "C": "channels", "D": "channels", "L": "length", "H": "height", "W": "width",
    "T": "positions", "S": "positions", "T1": "depth", "T2": "depth",
}  # fmt: skip


class Letter(Struct, frozen=True):
    """A letter of a formula: what it means (a field of the op, or an axis) and its value."""

    letter: str
    meaning: str
    value: int


class Lifted(Struct, frozen=True):
    """A layer with letters for sizes. Sizes that need no letter stay plain integers.

    Attributes:
        op: The op, its sizes lifted.
        inputs, outputs: The shapes, lifted; an output axis that is 1 whatever the input has no letter.
        inferred: The output shapes as the op computes them from the inputs.
        letters: Every letter used, in order of appearance.
    """

    op: Op
    inputs: tuple[tuple[Any, ...], ...]
    outputs: tuple[tuple[Any, ...], ...]
    inferred: tuple[tuple[Any, ...], ...]
    letters: tuple[Letter, ...]


def lift(op: Op, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> Lifted:
    """Give an op and its shapes their letters.

    Example:
        >>> from flopcount.ops.conv import Conv
        >>> lifted = lift(Conv(out=10, kernel=5), [(1, 3, 32, 32)], [(1, 10, 28, 28)])
        >>> [str(size) for size in lifted.inferred[0]]
        ['1', 'D2', '(H1 − F + 2·P)/S + 1', '(W1 − F + 2·P)/S + 1']
    """
    names = _Names()
    left, _, right = op.signature.partition("->")
    x, y = _shapes(names, left, inputs, "input"), _shapes(names, right, outputs, "output")
    fields = {
        field: _field(names, letter, getattr(op, field), field)
        for field, letter in op.letters.items()
        if field in op.__struct_fields__
    }
    lifted = replace(op, **fields)
    made = lifted.infer(*x)
    inferred = tuple(map(tuple, made if isinstance(made, list) else [made]))
    y = tuple(
        tuple(1 if type(result) is int and result == 1 else size for size, result in zip(shape, results, strict=True))
        for shape, results in zip(y, inferred, strict=True)
    )
    return Lifted(lifted, x, y, inferred, tuple(names.letters))


class _Names:
    """Hands out letters: one letter and value is one size; the same letter with another value gets a prime."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._values: dict[str, int] = {}

    def size(self, letter: str, value: int, meaning: str) -> Any:
        if value == 1 and (letter in VANISH_AT_ONE or meaning in VANISH_AT_ONE):
            return value
        while self._values.get(letter, value) != value:
            letter += "′"
        if letter not in self._values:
            self._values[letter] = value
            self.letters.append(Letter(letter, meaning, value))
        return Quantity.of(letter, value)


def _field(names: _Names, letter: str, value: Any, meaning: str, marks: str = "hw") -> Any:
    """One letter for a number, and for entries that are all equal; otherwise Fh and Fw for two axes, or F1, F2 ..."""
    if not isinstance(value, tuple):
        return names.size(letter, value, meaning) if type(value) is int else value
    if all(entry == value[0] for entry in value):
        return tuple(_field(names, letter, entry, meaning, "12") for entry in value)
    ends = marks if len(value) == 2 else map(str, range(1, len(value) + 1))
    return tuple(_field(names, letter + end, entry, meaning, "12") for end, entry in zip(ends, value, strict=True))


def _shapes(names: _Names, side: str, shapes: Sequence[Shape], kind: str) -> tuple[tuple[Any, ...], ...]:
    """Every shape of one side of a signature; its last entry serves the shapes beyond it."""
    entries = [entry.split() for entry in side.split(",")]
    lifted = []
    for i, shape in enumerate(shapes):
        which = kind if len(shapes) == 1 else f"{kind} {i + 1}"
        letters = _letters(entries[min(i, len(entries) - 1)], shape)
        lifted.append(
            tuple(
                names.size(letter, size, _meaning(letter, axis, which)) if letter else size
                for axis, (letter, size) in enumerate(zip(letters, shape, strict=True))
            )
        )
    return tuple(lifted)


def _meaning(letter: str, axis: int, which: str) -> str:
    base = letter[:1]
    word = WORDS.get(letter) or WORDS.get(base)
    if word is None:
        return f"axis {axis} of the {which}"
    return word if letter == base else f"{which} {word}"


def _letters(entry: Sequence[str], shape: Shape) -> Sequence[str]:
    """A letter for each axis (none where the signature states the number); a, b, c ... where the entry does not fit."""
    rank = len(shape)
    if list(entry) == ["..."] and rank in WHOLE:
        return WHOLE[rank]
    spare = rank - sum(1 for token in entry if not _is_open(token))
    letters: list[str] = []
    for token in entry:
        if token == "...":
            letters += LEADING.get(spare) or ["N", *"ABCDEFGHIJK"][:spare]
        elif token.startswith("*"):
            letters += [f"{axis}{token[1:]}" for axis in SPATIAL.get(spare, ())]
        else:
            letters.append("" if token.isdigit() else token)
    if len(letters) == rank:
        return letters
    return [chr(ord("a") + axis) if axis < 26 else f"a{axis}" for axis in range(rank)]


def _is_open(token: str) -> bool:
    return token == "..." or token.startswith("*")
