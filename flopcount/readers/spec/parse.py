"""From YAML nodes to the typed syntax: everything that can be checked before parameters have values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import Struct, field
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ...errors import FlopcountError, SpecError
from ...fields import REQUIRED, Field, fields_of
from ...op import Op
from ...ops import OPS
from .document import is_null, where
from .modifiers import MODIFIERS, read_modifier, read_templates
from .syntax import (
    Block,
    BranchesEntry,
    CallEntry,
    Entry,
    GroupEntry,
    Node,
    OpEntry,
    Place,
    Value,
)
from .values import (
    read_identifier,
    read_mapping,
    read_names,
    read_template,
    read_text,
    read_value,
    refuse_many,
    unknown_key,
)

BLOCK_KEYS = ("args", "let", "layers", "inputs", "outputs")


class BodyParser(Struct):
    """Reads `layers:` lists of one file.

    Attributes:
        path: The file, for messages.
        blocks: The arguments of every block of the file, by its name, so that calls can be checked.
        ready: Ops made already, by the text that made them: the layers of a long network repeat a few.
    """

    path: str
    blocks: dict[str, tuple[str, ...]]
    ready: dict[tuple[Any, ...], Op] = field(default_factory=dict)

    def body(self, node: Node, what: str = "layers") -> tuple[Entry, ...]:
        """A list of entries; null and a single mapping are allowed."""
        if type(node) is SequenceNode:
            return tuple([self.entry(item) for item in node.value])
        if is_null(node):
            return ()
        if type(node) is MappingNode and node.value:
            return (self.entry(node),)
        raise SpecError(f"{what} must be a list of layers", where=where(self.path, node), hint="start each with '- '")

    def entry(self, node: Node) -> Entry:
        """One entry of a list: `relu`, `conv: {...}`, a block, a group or branches, with what it says besides."""
        if type(node) is ScalarNode:
            return self._named(read_text(self.path, node, "a layer"), node, None, node, {})
        if type(node) is not MappingNode:
            raise SpecError("a layer must be a name or a mapping", where=where(self.path, node))
        common: dict[str, Any] = {}
        heads: list[tuple[str, Node, Node]] = []
        extras: dict[str, Node] = {}
        for key, key_node, value in read_mapping(self.path, node, "a layer"):
            if key in MODIFIERS:
                read_modifier(self.path, key, value, common)
            elif key in ("join", "let"):
                extras[key] = value
            else:
                heads.append((key, key_node, value))
        if len(heads) != 1:
            names = ", ".join(f"'{key}'" for key, _, _ in heads) or "none"
            raise SpecError(
                f"a layer names one op, block, `layers` or `branches`, not {len(heads)} ({names})",
                where=where(self.path, heads[1][1] if len(heads) > 1 else node),
                hint="fields belong inside: conv: {out: 64, kernel: 3}; the next layer starts with '- '",
            )
        head, head_node, value = heads[0]
        wanted = {"branches": "join", "layers": "let"}.get(head)
        if stray := extras.keys() - {wanted}:
            raise SpecError(f"`{min(stray)}` does not belong to '{head}'", where=where(self.path, extras[min(stray)]))
        if head in ("layers", "branches"):
            self._refuse_weight(common, head, node)
        if head == "layers":
            let = self.values(extras["let"], "let") if "let" in extras else {}
            return GroupEntry(node=node, body=self.body(value), let=let, **common)
        if head == "branches":
            join = self._join(extras["join"]) if "join" in extras else None
            return BranchesEntry(node=node, branches=self._branches(value), join=join, **common)
        return self._named(head, head_node, value, node, common)

    def block(self, name: str, node: Node) -> Block:
        """A block: a list of layers, or a mapping with arguments."""
        if type(node) is not MappingNode:
            return Block(node=node, arguments={}, let={}, body=self.body(node, f"block '{name}'"))
        parts: dict[str, Node] = {}
        for key, key_node, value in read_mapping(self.path, node, f"block '{name}'"):
            if key not in BLOCK_KEYS:
                raise unknown_key(self.path, key, key_node, f"key of block '{name}'", BLOCK_KEYS)
            parts[key] = value
        if "layers" not in parts:
            raise SpecError(f"block '{name}' has no layers", where=where(self.path, node))
        outputs = parts.get("outputs")
        return Block(
            node=node,
            arguments=self.arguments(parts["args"]) if "args" in parts else {},
            let=self.values(parts["let"], "let") if "let" in parts else {},
            body=self.body(parts["layers"]),
            inputs=read_names(self.path, parts["inputs"], "inputs") if "inputs" in parts else (),
            outputs=read_templates(self.path, outputs, "outputs") if outputs is not None else None,
        )

    def arguments(self, node: Node) -> dict[str, Value | None]:
        """`args:`: a mapping to defaults or `required`, or a list of required names."""
        if type(node) is SequenceNode:
            return dict.fromkeys(read_names(self.path, node, "args"))
        result: dict[str, Value | None] = {}
        for _, key_node, value in refuse_many(self.path, node, read_mapping(self.path, node, "args"), "args"):
            name = read_identifier(self.path, key_node, "argument")
            required = type(value) is ScalarNode and value.value == "required"
            result[name] = None if required else read_value(self.path, value)
        return result

    def values(self, node: Node, what: str) -> dict[str, Value]:
        """A mapping of names to values."""
        return {
            read_identifier(self.path, key_node, what): read_value(self.path, value)
            for _, key_node, value in refuse_many(self.path, node, read_mapping(self.path, node, what), what)
        }

    def _unknown_head(self, head: str, head_node: Node, value: Node | None) -> SpecError:
        """What to say of a word that is no op; where an op stands inside, it is taken for the layer's name."""
        inside = value.value if type(value) is MappingNode else ()
        tag = next((key.value for key, _ in inside if type(key) is ScalarNode and key.value in OPS), None)
        error = unknown_key(self.path, head, head_node, "op or block", [*OPS, *self.blocks])
        if tag is not None:
            error.hint = f"a layer begins with its op, and its name stands inside: {tag}: {{name: {head}, ...}}"
        return error

    def _named(self, head: str, head_node: Node, value: Node | None, node: Node, common: dict[str, Any]) -> Entry:
        if head in self.blocks:
            return self._call(head, value, node, common)
        op = OPS.get(head)
        if op is None:
            raise self._unknown_head(head, head_node, value)
        known = fields_of(op)
        items = self._inner(head, value, known, common)
        text = (head, *[(key, item.value, item.style) for key, _, item in items if type(item) is ScalarNode])
        if len(text) > len(items) and text in self.ready:
            return OpEntry(node=Place(node.start_mark), op=op, fields={}, ready=self.ready[text], **common)
        values: dict[str, Value] = {}
        for key, key_node, item in items:
            if key not in known:
                raise unknown_key(self.path, key, key_node, f"field of {head}", [*known, *MODIFIERS])
            values[key] = read_value(self.path, item, known[key].type.words)
        for name, declared in known.items():
            if declared.default is REQUIRED and name not in values:
                raise SpecError(
                    f"{head} needs '{name}'", where=where(self.path, head_node), hint=f"fields: {_usage(known)}"
                )
        if not all(item.is_constant for item in values.values()):
            return OpEntry(node=node, op=op, fields=values, **common)
        ready = make_op(self.path, op, known, {name: item.constant for name, item in values.items()}, values)
        if len(text) > len(items):
            self.ready[text] = ready
        return OpEntry(node=Place(node.start_mark), op=op, fields={}, ready=ready, **common)

    def _call(self, block: str, value: Node | None, node: Node, common: dict[str, Any]) -> CallEntry:
        known = self.blocks[block]
        arguments = {}
        inner = self._inner(block, value, known, common)
        self._refuse_weight(common, block, node)
        for key, key_node, item in inner:
            if key not in known:
                raise unknown_key(self.path, key, key_node, f"argument of block '{block}'", [*known, *MODIFIERS])
            arguments[key] = read_value(self.path, item)
        return CallEntry(node=node, block=block, arguments=arguments, **common)

    def _inner(
        self, head: str, value: Node | None, known: Collection[str], common: dict[str, Any]
    ) -> list[tuple[str, Node, Node]]:
        """The fields of `head: value`; a plain value sets the first; what an entry may say besides is taken out."""
        if value is None or is_null(value):
            return []
        if type(value) is not MappingNode:
            if not known:
                raise SpecError(f"'{head}' takes no value", where=where(self.path, value))
            return [(next(iter(known)), value, value)]
        fields = []
        for key, key_node, item in read_mapping(self.path, value, head):
            if key in MODIFIERS and key not in known:
                read_modifier(self.path, key, item, common)
            else:
                fields.append((key, key_node, item))
        return fields

    def _branches(self, node: Node) -> tuple[tuple[str | None, tuple[Entry, ...]], ...]:
        if type(node) is SequenceNode and node.value:
            return tuple((None, self.body(item, "a branch")) for item in node.value)
        if type(node) is MappingNode and node.value:
            return tuple(
                (self._branch_name(key_node), self.body(item, f"branch '{key}'"))
                for key, key_node, item in read_mapping(self.path, node, "branches")
            )
        raise SpecError(
            "branches must be a list of layer lists, or a mapping of names to them", where=where(self.path, node)
        )

    def _refuse_weight(self, common: dict[str, Any], head: str, node: Node) -> None:
        if "ties" in common:
            raise SpecError(
                f"`weight` does not belong to '{head}'",
                where=where(self.path, node),
                hint="a single layer ties its weight to another's",
            )

    def _branch_name(self, node: Node) -> str:
        name = read_template(self.path, node, "branch")
        if name.parts:
            raise SpecError(f"branch '{name.text}' has an expression in its name", where=where(self.path, node))
        return name.text

    def _join(self, node: Node) -> OpEntry:
        entry = self.entry(node)
        if not isinstance(entry, OpEntry):
            raise SpecError("join must be an op: add, mul, concat ...", where=where(self.path, node))
        if not entry.is_plain or entry.sources is not None or entry.outputs or not entry.trainable:
            raise SpecError(
                "join takes a name and its op's fields, nothing else",
                where=where(self.path, node),
                hint="the rest stands beside `branches`",
            )
        return entry


def make_op(path: str, op: type[Op], known: dict[str, Field], values: dict[str, Any], nodes: dict[str, Value]) -> Op:
    """The op with these field values, each read by its type.

    Raises:
        OpError: At the value's own place, with the field's name.
    """
    fields = {}
    for name, value in values.items():
        try:
            fields[name] = known[name].type.read(value)
        except FlopcountError as error:
            error.what = f"{name} {error.what}" if error.what.startswith("must") else error.what
            raise error.located(where(path, nodes[name].node), op.tag) from None
    return op(**fields)


def _usage(known: dict[str, Field]) -> str:
    return ", ".join(f"{name} (required)" if field.default is REQUIRED else name for name, field in known.items())
