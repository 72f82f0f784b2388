"""What an op is: typed fields, and three closed forms (weights, output shape, work) as plain arithmetic.

The formulas of an op are written once. Called with integers they count; called with `Quantity` values (which carry
their own expression) they explain. So formula code holds no `if` on a size and no validation: `check` stands before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from msgspec import Struct
from msgspec.structs import replace

Shape = tuple[int, ...]

KINDS = ("dot", "add", "mul", "div", "cmp", "special")
ROLES = ("main", "bias", "masked", "statistics")
"""What work may be, and what it may be for; see `Work`."""


class Work(Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """One entry of the ledger: how many primitives of one kind a layer performs. What they cost, a convention says.

    Attributes:
        kind: `dot`, `add`, `mul`, `div`, `cmp` (comparison) or `special` (exp, sqrt, tanh, erf ...).
        count: How many. For a `dot`, its products: the multiplications of all dot products together.
        outputs: For a `dot`, how many results it has: it performs `count - outputs` additions. Otherwise 0.
        role: What the work is for, so that a convention can drop a part: `main`, `bias`, `masked` (computed by a dense
            kernel and thrown away: causal attention's upper triangle), or `statistics` (batch normalisation by the
            batch's own mean and variance, in training).
        part: The visible part of a composite op (`scores`, `softmax`, `values`, `gate` ...), or empty.
        phase: `forward`, `grad_input` or `grad_weight`.
        to: Of a gradient, what it belongs to, the place of an input or the name of a weight: the work is done only
            where that wants one. Empty where any gradient of the layer takes it.
    """

    kind: str
    count: int
    outputs: int = 0
    role: str = "main"
    part: str = ""
    phase: str = "forward"
    to: int | str = ""


def dot(products: int, outputs: int, *, role: str = "main", part: str = "") -> Work:
    """Dot products: `products` multiplications and `products - outputs` additions (lecture, "How to calculate ...").

    Example:
        >>> dot(products=75 * 784, outputs=784)
        Work(kind='dot', count=58800, outputs=784)
    """
    return Work("dot", products, outputs, role, part)


def add(count: int, *, role: str = "main", part: str = "") -> Work:
    """Additions and subtractions."""
    return Work("add", count, 0, role, part)


def mul(count: int, *, role: str = "main", part: str = "") -> Work:
    """Multiplications outside dot products."""
    return Work("mul", count, 0, role, part)


def div(count: int, *, role: str = "main", part: str = "") -> Work:
    """Divisions."""
    return Work("div", count, 0, role, part)


def cmp(count: int, *, role: str = "main", part: str = "") -> Work:
    """Comparisons, minimum and maximum."""
    return Work("cmp", count, 0, role, part)


def special(count: int, *, role: str = "main", part: str = "") -> Work:
    """Transcendental functions and roots."""
    return Work("special", count, 0, role, part)


def bias_add(bias: bool, outputs: int, *, part: str = "") -> tuple[Work, ...]:
    """The bias of `outputs` dot products: one addition each, where there is one."""
    return (Work("add", outputs, 0, "bias", part),) if bias else ()


def to_input(place: int | None, *entries: Work) -> tuple[Work, ...]:
    """The same work as that of the gradient to one input; None: to the inputs in general.

    Example:
        >>> to_input(0, mul(10))
        (Work(kind='mul', count=10, phase='grad_input', to=0),)
    """
    return tuple(replace(entry, phase="grad_input", to="" if place is None else place) for entry in entries)


def to_weight(name: str, *entries: Work) -> tuple[Work, ...]:
    """The same work as that of the gradient to one weight; an empty name: to the weights in general.

    Example:
        >>> to_weight("weight", mul(10))
        (Work(kind='mul', count=10, phase='grad_weight', to='weight'),)
    """
    return tuple(replace(entry, phase="grad_weight", to=name) for entry in entries)


def bias_gradient(bias: bool, outputs: int, biases: int, *, name: str = "bias", part: str = "") -> tuple[Work, ...]:
    """The gradient of a bias, where there is one: the gradients of all outputs that it was added to, summed."""
    return to_weight(name, Work("add", outputs - biases, 0, "bias", part)) if bias else ()


class Op(Struct, frozen=True, kw_only=True, gc=False):
    """A layer's operation. Its typed, defaulted fields are its YAML schema (see `flopcount.fields`).

    Class attributes:
        tag: Its name in a spec.
        arity: The least and the greatest number of inputs (None: no limit).
        signature: Its shapes, a letter an axis, as the formulas print them: `"N D1 *1 -> N D2 *2"` (`*1`, `*2` are
            spatial axes, `...` any axes).
        letters: The letters of its fields (`{"kernel": "F"}`).
        citation: Where its formula comes from.
        group: The heading under which `flopcount list ops` shows it.
        view: Whether its output is its input under another shape or name, so that no byte moves.
    """

    tag: ClassVar[str] = ""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    signature: ClassVar[str] = "... -> ..."
    letters: ClassVar[dict[str, str]] = {}
    citation: ClassVar[str] = "count of its definition's primitives"
    group: ClassVar[str] = ""
    view: ClassVar[bool] = False

    def check(self, *x: Any) -> None:
        """Refuse input shapes that make no sense.

        Args:
            *x: The shapes of the inputs, batch first.

        Raises:
            OpError: With the values and a hint; the graph builder adds the place.
        """

    def infer(self, *x: Any) -> Any:
        """The output shape from the input shapes; a list of shapes where the op has several outputs."""
        raise NotImplementedError(type(self).__name__)

    @property
    def is_alone(self) -> bool:
        """Whether it reads nothing, unless it is given something: a tensor that is the same whatever the input."""
        return False

    @property
    def holds(self) -> str | None:
        """The type of the elements of its weights and buffers; None: the network's own."""
        return None

    def weights(self, *x: Any) -> dict[str, Any]:
        """The shape of each trainable parameter, by name (`weight`, `bias`)."""
        return {}

    def buffers(self, *x: Any) -> dict[str, Any]:
        """The shape of each tensor that is kept but not trained, by name (`running_mean`)."""
        return {}

    def work(self, *shapes: Any) -> Sequence[Work] | None:
        """The ledger of one forward pass, from the shapes of the inputs and then of the outputs; None: nobody knows.

        An op that only moves data has an empty ledger.
        """
        return ()

    def in_training(self, trainable: bool) -> Op:
        """The op as it runs in training, where that is another computation; `trainable`: its weights are not frozen."""
        return self

    def backward(self, *shapes: Any) -> Sequence[Work] | None:
        """The ledger of one backward pass through the op as it runs in training; None: nobody knows.

        Given the gradient of the loss to every output, and whatever the forward pass has computed, the gradients to
        the inputs and to the weights. Each entry says by `to_input` and `to_weight` which it belongs to.

        Args:
            *shapes: The shapes of the inputs and then of the outputs.
        """
        return None

    def dtype(self, *dtypes: str) -> str | list[str] | None:
        """The type of the outputs' elements, from those of the inputs; None: the network's own.

        A list, one for each output, where they differ.
        """
        return dtypes[0]


def dtypes_of(op: Op, inputs: Sequence[str], outputs: int, default: str) -> list[str]:
    """The type of each output's elements.

    Args:
        op: The operation.
        inputs: The types of the inputs.
        outputs: How many outputs there are.
        default: The network's own type.

    Example:
        >>> from flopcount.ops.ordering import Sort
        >>> dtypes_of(Sort(), ["float16"], 2, "float32")
        ['float16', 'int64']
    """
    said = op.dtype(*inputs)
    return said if isinstance(said, list) else [said or default] * outputs


AnyOp = TypeVar("AnyOp", bound=type[Op])
REGISTERED: dict[str, type[Op]] = {}
"""The ops whose modules have been imported; `flopcount.ops.OPS` finds them all."""


def op(cls: AnyOp) -> AnyOp:
    """Register an op under its tag."""
    if cls.tag in REGISTERED:
        raise ValueError(f"two ops are named {cls.tag!r}")
    REGISTERED[cls.tag] = cls
    return cls
