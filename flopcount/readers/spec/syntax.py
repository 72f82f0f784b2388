"""The spec language as typed data: what a file says, before any parameter has a value.

`parse` makes these from YAML; `expand` runs them into a graph. Every value keeps its YAML node, so that an error can
name the line and column.
Nothing here can stand in a circle, and a long spec has much of it: `gc=False` spares the collector.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from ...op import Op
from .expression import Expression

Node = Any
"""A composed YAML node (PyYAML's), with its marks."""


class Place(Struct, gc=False):
    """Where something stood: what is left of a node when nothing in it is to be evaluated, so that it can be freed."""

    start_mark: Any


class Value(Struct, gc=False):
    """A value in the file: known, an expression, or a list of values.

    Attributes:
        node: Where it stands.
        constant: What it is, where nothing is left to evaluate.
        expression: What to evaluate otherwise; None for a constant or a list.
        items: The elements of a list that is not constant.
    """

    node: Node
    constant: Any = None
    expression: Expression | None = None
    items: tuple[Value, ...] | None = None

    @property
    def is_constant(self) -> bool:
        """Whether it is the same whatever the parameters."""
        return self.expression is None and self.items is None


class Template(Struct):
    """A name, with expressions in braces: `layer{i + 1}`."""

    node: Node
    text: str
    parts: tuple[str | Expression, ...] = ()


class Repeat(Struct):
    """`repeat: n as i`: how often, and the name of the index."""

    times: Value
    index: str | None = None


class Walk(Struct):
    """One row of `each:`: a list and the name, or names, that its elements take in turn."""

    names: tuple[str, ...]
    values: Value


class Entry(Struct, kw_only=True, gc=False):
    """What every entry of a `layers:` list may say besides what it is.

    Attributes:
        node: Where it stands.
        name: Its own name, or None for one made from its kind and a number.
        sources: The names that `from:` gives; None: the layer before.
        outputs: The names that its results take.
        ties: The weights to share, by the names that they have in its op: `{weight: embed.weight}`.
        when: Whether it stands at all.
        repeat: How often it stands.
        each: The lists that it walks.
        trainable: False where it and all in it are frozen.
        trips: How often it and all in it run, with the same weights, in a loop; None: once.
    """

    node: Node
    name: Template | None = None
    sources: tuple[Template, ...] | None = None
    outputs: tuple[str, ...] = ()
    ties: dict[str, str] = field(default_factory=dict)
    when: Value | None = None
    repeat: Repeat | None = None
    each: tuple[Walk, ...] = ()
    trainable: bool = True
    trips: Value | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it stands exactly once, whatever the parameters."""
        return self.when is None and self.repeat is None and not self.each


class OpEntry(Entry, kw_only=True):
    """A layer of one op. `ready` is the op itself where all its fields are constant."""

    op: type[Op]
    fields: dict[str, Value]
    ready: Op | None = None


class CallEntry(Entry, kw_only=True):
    """A use of a block."""

    block: str
    arguments: dict[str, Value]


class GroupEntry(Entry, kw_only=True):
    """`layers:` inside `layers:`."""

    body: tuple[Entry, ...]
    let: dict[str, Value] = field(default_factory=dict)


class BranchesEntry(Entry, kw_only=True):
    """`branches:`, each fed with the same input, and the op that joins them; without one all results go on."""

    branches: tuple[tuple[str | None, tuple[Entry, ...]], ...]
    join: OpEntry | None = None


class Block(Struct, kw_only=True):
    """A named piece of network with arguments; `REQUIRED` (None) where an argument has no default."""

    node: Node
    arguments: dict[str, Value | None]
    let: dict[str, Value]
    body: tuple[Entry, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[Template, ...] | None = None


class Input(Struct):
    """A model input: one sample's shape, and its elements' type."""

    node: Node
    shape: Value
    dtype: str | None = None


class Variant(Struct):
    """A named set of parameters, with its own published totals."""

    node: Node
    settings: dict[str, Value]
    expect: dict[str, int] = field(default_factory=dict)
    about: str = ""
    source: str = ""
    budget: Node | None = None


class Spec(Struct, kw_only=True):
    """A whole file."""

    path: str
    name: str
    about: str
    source: str
    dtype: str
    params: dict[str, Value]
    variants: dict[str, Variant]
    let: dict[str, Value]
    inputs: dict[str, Input]
    blocks: dict[str, Block]
    body: tuple[Entry, ...]
    outputs: tuple[Template, ...] | None
    expect: dict[str, int]
    budget: Node | None = None

    def budgets(self, variant: str | None = None) -> dict[str, Node]:
        """The `budget:` of a variant, or the spec's own (under no name) and those of all its variants.

        A variant that sets nothing is the default under another name, and may cost as much.
        """
        own = {"": self.budget}
        for name, each in self.variants.items() if variant is None else ():
            own[name] = each.budget
        if variant is not None:
            chosen = self.variants.get(variant)
            own = {variant: chosen.budget or (None if chosen.settings else self.budget)} if chosen else {}
        return {name: node for name, node in own.items() if node is not None}
