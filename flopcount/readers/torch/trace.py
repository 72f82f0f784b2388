"""A trace: the operators that a torch model runs, with the tensors between them and the modules around them.

Whoever traces (operators as they run, an exported program) writes one; `assemble` makes the graph of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from msgspec import Struct, field

from ...op import Shape


class Value(Struct, eq=False):
    """A tensor at one moment; an operator that works in place makes a new one.

    Attributes:
        shape, dtype: What torch says of it.
        kind: `input`, `activation`, `parameter`, `buffer` or `constant`.
        name: Of an input, parameter or buffer.
        trainable: Whether training changes it.
    """

    shape: Shape
    dtype: str
    kind: str = "activation"
    name: str = ""
    trainable: bool = False

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


class Scope(Struct, eq=False):
    """One call of a module.

    Attributes:
        path: The module's name: `layer1.0`, empty for the model itself.
        calls: How many operators ran in it that are layers, those of modules inside it left out.
        holds_others: Whether modules inside it ran.
        origin: What its operators are where it is more than one: `functional`, `leaf`, `attention`, `cell`, or `module`
            where one of them alone costs anything (see `flopcount.graph.Node`).
        outer: The call that it was made in; None for the model itself.
        places: In how many places of the model the module stands.
        is_torchs: Whether it is of a class of torch's own, which other counters know wherever it stands.
    """

    path: str
    calls: int = 0
    holds_others: bool = False
    origin: str = "functional"
    outer: Scope | None = None
    places: int = 1
    is_torchs: bool = False

    @property
    def is_one_layer(self) -> bool:
        """Whether the module is a single operator, which then goes by its name."""
        return self.is_one_operator and bool(self.path)

    @property
    def is_one_operator(self) -> bool:
        """Whether a single operator ran in the module, the model itself included."""
        return self.calls == 1 and not self.holds_others

    def running(self) -> set[str]:
        """The names of all modules that are running: its own, and those around it."""
        return {self.path, *(self.outer.running() if self.outer else ())}


class Call(Struct, eq=False):
    """One operator that ran.

    Attributes:
        target: Its name without its overload: `aten.conv2d`.
        args, kwargs: What it was given, each tensor as its value.
        outputs: What came out; None where that is no tensor.
        scope: The module call that it ran in.
        where: The line of Python that ran it.
        how: `operator`, where that line has a sign (`@`, `+`); `method`, where it calls torch itself or a tensor's
            method, and not a function of torch's that is written in Python; empty: one such, or not known.
    """

    target: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: tuple[Value | None, ...]
    scope: Scope
    where: str = ""
    how: str = ""

    @property
    def in_place(self) -> bool:
        """Whether it overwrites its first argument."""
        return is_in_place(self.target)

    @property
    def operator(self) -> str:
        """Its name, in place or not: `conv2d`, or with its library, `torchvision.nms`."""
        return operator_of(self.target)

    def operands(self) -> Iterator[Value]:
        """The tensors that it was given."""
        return values_in((self.args, self.kwargs))


class Trace(Struct, eq=False):
    """All that one forward pass of a model did.

    Attributes:
        inputs, outputs: What went in and came out.
        held: The parameters and buffers that the model keeps, in its order.
        calls: The operators, in the order in which they ran.
        modules: Every module's name, whether or not it was called.
        called: Those that were.
        kept: Which of the tensors in `held` each module keeps, those of modules in it too.
        returned: What the last call of each module gave.
        is_real: Whether it ran with all numbers.
        notes: What a reader of the numbers must know about how it was traced.
    """

    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    held: list[Value] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    kept: dict[str, list[Value]] = field(default_factory=dict)
    returned: dict[str, list[Value]] = field(default_factory=dict)
    is_real: bool = False
    notes: list[str] = field(default_factory=list)


def is_in_place(target: str) -> bool:
    """Whether an operator overwrites its first argument.

    Example:
        >>> is_in_place("aten.add_"), is_in_place("aten.__and__")
        (True, False)
    """
    return target.endswith("_") and not target.endswith("__")


def operator_of(target: str) -> str:
    """An operator's name, whether in place or not.

    Example:
        >>> operator_of("aten.relu_"), operator_of("torchvision.nms")
        ('relu', 'torchvision.nms')
    """
    name = target.removeprefix("aten.").removeprefix("flopcount.")
    return name[:-1] if is_in_place(name) else name


def values_in(item: Any) -> Iterator[Value]:
    """Every value in nested lists, tuples and dictionaries."""
    if isinstance(item, Value):
        yield item
    elif isinstance(item, list | tuple):
        for each in item:
            yield from values_in(each)
    elif isinstance(item, dict):
        yield from values_in(list(item.values()))
