"""Differentiating by doing: reverse mode on numbers whose arithmetic is tallied.

The independent oracle of gradients. A test runs an op's definition as naive loops over `Variable`s, which record how
each was made; `backward` walks the record back by the chain rule alone, and every product and sum that it performs is
tallied. Where a number was read several times, its gradients are added: n - 1 additions for n of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import add

from tests.counting import Number, indices, tallied

Local = tuple["Variable", Callable[[], Number], bool]
"""One term of a gradient: whose, how it is made (only if that one wants it), and whether it is subtracted."""
Back = Callable[[list[Number]], list[Local]]


class Tape:
    """The numbers of a computation, in the order in which they were made."""

    def __init__(self) -> None:
        self.leaves: list[Variable] = []
        self.steps: list[tuple[list[Variable], Back]] = []

    def variable(self, wanted: bool = True) -> Variable:
        """A number from outside: one of which somebody wants the gradient, or not."""
        self.leaves.append(Variable(self, wanted))
        return self.leaves[-1]

    def array(self, shape: Iterable[int], wanted: bool = True) -> dict[tuple[int, ...], Variable]:
        """An array of them, by index."""
        return {index: self.variable(wanted) for index in indices(shape)}

    def record(self, inputs: Iterable[Variable], back: Back, outputs: int = 1) -> list[Variable]:
        """Numbers made from others."""
        wanted = any(x.wanted for x in inputs)
        made = [Variable(self, wanted) for _ in range(outputs)]
        if wanted:
            self.steps.append((made, back))
        return made

    def backward(self, outputs: Iterable[Variable]) -> Counter[str]:
        """Give each output a gradient and pass all of them back; what it took."""
        with tallied() as done:
            for output in outputs:
                output.terms.append((Number(), False))
            for made, back in reversed(self.steps):
                if any(variable.terms for variable in made):
                    for variable, term, negative in back([variable.gradient() for variable in made]):
                        if variable.wanted:
                            variable.terms.append((term(), negative))
            for leaf in self.leaves:
                leaf.gradient()
        return +done


class Variable:
    """A number that remembers how it was made."""

    def __init__(self, tape: Tape, wanted: bool) -> None:
        self.tape, self.wanted = tape, wanted
        self.terms: list[tuple[Number, bool]] = []

    def gradient(self) -> Number:
        """The sum of what it was given."""
        if not self.terms:
            return Number()
        signs = sorted(self.terms, key=lambda term: term[1])
        first, negative = signs[0]
        whole = 0 - first if negative else first
        for term, negative in signs[1:]:
            whole = whole - term if negative else whole + term
        return whole

    def __add__(self, other: Variable) -> Variable:
        return self._made(other, lambda g: [(self, lambda: g, False), (other, lambda: g, False)])

    def __sub__(self, other: Variable) -> Variable:
        return self._made(other, lambda g: [(self, lambda: g, False), (other, lambda: g, True)])

    def __rsub__(self, constant: float) -> Variable:
        return self._made(self, lambda g: [(self, lambda: g, True)])

    def __mul__(self, other: Variable) -> Variable:
        def back(g: Number) -> list[Local]:
            return [(self, lambda: g * Number(), False), (other, lambda: g * Number(), False)]

        return self._made(other, back)

    def __rmul__(self, constant: float) -> Variable:
        return self._made(self, lambda g: [(self, lambda: g * Number(), False)])

    def __truediv__(self, constant: float) -> Variable:
        return self._made(self, lambda g: [(self, lambda: g / Number(), False)])

    def sigmoid(self) -> Variable:
        """σ' = y·(1 − y)."""
        return self._made(self, lambda g: [(self, lambda: g * Number() * (1 - Number()), False)])

    def tanh(self) -> Variable:
        """tanh' = 1 − y·y."""
        return self._made(self, lambda g: [(self, lambda: g * (1 - Number() * Number()), False)])

    def masked(self) -> Variable:
        """Chosen or not, as the forward pass has compared."""
        return self._made(self, lambda g: [(self, lambda: g * Number(), False)])

    def _made(self, other: Variable, back: Callable[[Number], list[Local]]) -> Variable:
        return self.tape.record([self, other], lambda gradients: back(gradients[0]))[0]


def total(numbers: Iterable[Variable]) -> Variable:
    """Their sum."""
    return reduce(add, numbers)


def dot_product(left: Iterable[Variable], right: Iterable[Variable]) -> Variable:
    """The sum of their products."""
    return total(x * w for x, w in zip(left, right, strict=True))


def softmax(row: Sequence[Variable]) -> list[Variable]:
    """Softmax: dx = y·(dy − Σ dy·y)."""

    def back(gradients: list[Number]) -> list[Local]:
        whole = reduce(add, [g * Number() for g in gradients])
        return [(x, lambda g=g: Number() * (g - whole), False) for x, g in zip(row, gradients, strict=True)]  # type: ignore[misc]

    return row[0].tape.record(row, back, len(row))
