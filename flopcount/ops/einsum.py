"""Einstein summation: any contraction of named axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError, show_shape
from ..fields import Text
from ..op import Op, Shape, Work, add, dot, op, to_input
from ..sizes import maximum, minimum, prod

Labels = tuple[str, ...]
Sizes = dict[str, Any]
Step = tuple[Sizes, Sizes, Sizes]
"""Two operands that are contracted, and their result."""


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
        return tuple(
            dot(prod(_stretched(left, right).values()), prod(result.values())) for left, right, result in steps
        )

    def backward(self, *shapes: Any) -> Sequence[Work]:
        """Each operand's gradient is a contraction of dy with the other: over their axes that it does not have.

        Of several, step by step from the last: that to the result of the steps before is done for any of their inputs.
        The gradient of a sum is copied along what was summed.
        """
        *x, _ = shapes
        steps, _, _ = self._contract(*x)
        work: list[Work] = []
        for place, (left, right, result) in enumerate(steps, 1):
            work += to_input(0 if place == 1 else None, _gradient(left, right, result))
            work += to_input(place, _gradient(right, left, result))
        return work

    def _contract(self, *x: Any) -> tuple[list[Step], Sizes, Labels]:
        """Each pairwise step; the sizes of what is left; the output's labels."""
        terms, output = parse(self.equation, [len(shape) for shape in x])
        left, *others = (dict(zip(labels, shape, strict=True)) for labels, shape in zip(terms, x, strict=True))
        steps = []
        for position, right in enumerate(others, 1):
            needed = set(output).union(*others[position:])
            result = {label: size for label, size in _stretched(left, right).items() if label in needed}
            steps.append((left, right, result))
            left = result
        return steps, left, output


def _stretched(left: Sizes, right: Sizes) -> Sizes:
    """The sizes of all axes of two operands: where one has 1, the other's."""
    return left | right | {label: maximum(left[label], right[label]) for label in left if label in right}


def _gradient(own: Sizes, other: Sizes, result: Sizes) -> Work:
    """The gradient of an operand; it is the same along an axis of its own that neither dy nor the other has."""
    sizes = _stretched(result, other)
    return dot(prod(sizes.values()), prod(minimum(own[label], sizes[label]) for label in own if label in sizes))


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
