"""Einstein summation: any contraction of named axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Text
from ..op import Op, Shape, Work, add, dot, op
from ..sizes import maximum, prod

Labels = tuple[str, ...]
Sizes = dict[str, Any]


@op
class Einsum(Op, frozen=True, kw_only=True):
    """A contraction by its equation, as in numpy and torch: axes that the result does not name are summed over.

    Two inputs are one dot product per output, with as many products as all named sizes multiplied; more are contracted
    pairwise, left to right, an axis being summed as soon as nothing later names it. One input alone is only summed.

    Example:
        >>> Einsum(equation="bhid,bhjd->bhij").infer((1, 12, 197, 64), (1, 12, 197, 64))
        (1, 12, 197, 197)
        >>> Einsum(equation="...ij,jk").infer((8, 3, 4), (4, 5))
        (8, 3, 5)
    """

    equation: Text

    tag: ClassVar = "einsum"
    group: ClassVar = "linear"
    arity: ClassVar = (1, None)
    citation: ClassVar = "definition of the summation convention; several inputs pairwise, left to right"

    def check(self, *x: Shape) -> None:
        terms, _ = parse(self.equation, [len(shape) for shape in x])
        sizes: dict[str, int] = {}
        for labels, shape in zip(terms, x, strict=True):
            for position, (label, size) in enumerate(zip(labels, shape, strict=True)):
                known = sizes.setdefault(label, size)
                diagonal = label in labels[:position]
                if known != size and (diagonal or 1 not in (known, size)):
                    name = f"'{label}'" if label.isalpha() else f"axis {label} of '...'"
                    raise OpError(f"{name} of '{self.equation}' is {known} and {size}", facts=_inputs(x))
                sizes[label] = max(known, size)

    def infer(self, *x: Any) -> Any:
        _, sizes, output = self._contract(*x)
        return tuple(sizes[label] for label in output)

    def work(self, *shapes: Any) -> Sequence[Work]:
        *x, y = shapes
        if len(x) == 1:
            _, sizes, _ = self._contract(*x)
            return (add(prod(sizes.values()) - prod(y)),)
        steps, _, _ = self._contract(*x)
        return tuple(dot(products, outputs) for products, outputs in steps)

    def _contract(self, *x: Any) -> tuple[list[tuple[Any, Any]], Sizes, Labels]:
        """Products and outputs of each pairwise step; the sizes of what is left; the output's labels."""
        terms, output = parse(self.equation, [len(shape) for shape in x])
        left, *others = (dict(zip(labels, shape, strict=True)) for labels, shape in zip(terms, x, strict=True))
        steps = []
        for position, right in enumerate(others, 1):
            both = left | right | {label: maximum(left[label], right[label]) for label in left if label in right}
            needed = set(output).union(*others[position:])
            left = {label: size for label, size in both.items() if label in needed}
            steps.append((prod(both.values()), prod(left.values())))
        return steps, left, output


def parse(equation: str, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The label of each axis of each input, and of the output; axes under `...` are 1, 2, ... from the right.

    Raises:
        OpError: What is wrong with the equation, or where it does not fit the inputs.

    Example:
        >>> parse("...ij,jk", [3, 2])
        ([('1', 'i', 'j'), ('j', 'k')], ('1', 'i', 'k'))
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    written = left.split(",")
    if len(written) != len(ranks):
        raise OpError(f"'{equation}' names {len(written)} inputs, but there are {len(ranks)}")
    terms = []
    dots = 0
    for term, rank in zip(written, ranks, strict=True):
        letters = term.replace("...", "", 1)
        _refuse_signs(letters, equation)
        hidden = rank - len(letters)
        if hidden < 0 or (hidden and "..." not in term):
            raise OpError(
                f"'{term}' of '{equation}' names {len(letters)} axes, but its input has {rank}",
                hint="'...' stands for any number of axes" if hidden > 0 else None,
            )
        dots = max(dots, hidden)
        terms.append(_spread(term, hidden))
    if not arrow:
        once = sorted(letter for letter in set(left) if letter.isalpha() and left.count(letter) == 1)
        right = ("..." if dots else "") + "".join(once)
    output = _spread(right, dots)
    _refuse_signs(right.replace("...", "", 1), equation)
    for label in output:
        if output.count(label) > 1:
            raise OpError(f"'{label}' stands twice in the output of '{equation}'")
        if not any(label in labels for labels in terms):
            raise OpError(f"'{label}' in the output of '{equation}' is in no input")
    return terms, output


def _spread(term: str, hidden: int) -> Labels:
    """Its labels, those of the `hidden` axes in the place of `...`."""
    before, dots, after = term.partition("...")
    return (*before, *(map(str, range(hidden, 0, -1)) if dots else ()), *after)


def _refuse_signs(letters: str, equation: str) -> None:
    for sign in letters:
        if not (sign.isascii() and sign.isalpha()):
            raise OpError(
                f"'{sign}' cannot stand in the equation '{equation}'",
                hint="a letter per axis, '...' once per input, commas and one '->': \"bij,bjk->bik\"",
            )


def _inputs(x: Sequence[Shape]) -> dict[str, str]:
    return {"shapes": ", ".join(map(show_shape, x))}
