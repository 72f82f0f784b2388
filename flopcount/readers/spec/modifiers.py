"""What any entry may say besides what it is: its name, what it reads, how often it stands. One reader a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml.nodes import MappingNode, ScalarNode

from ...errors import SpecError
from .document import where
from .syntax import Node, Repeat, Template, Walk
from .values import read_identifier, read_mapping, read_names, read_template, read_text, read_texts, read_value
from .wording import cut


def read_modifier(path: str, key: str, node: Node, said: dict[str, Any]) -> None:
    """Read one of `MODIFIERS` into what the entry has said so far, by the names that `syntax.Entry` gives them.

    Raises:
        SpecError: It is not what it should be, or stands both inside the braces and beside the op.
    """
    attribute, read = _READERS[key]
    if attribute in said:
        raise SpecError(f"`{key}` is said twice, inside and beside the layer", where=where(path, node))
    said[attribute] = read(path, node)


def read_templates(path: str, node: Node, what: str) -> tuple[Template, ...]:
    """One layer name, or a list of them."""
    return tuple(read_template(path, item, what) for item in read_texts(path, node, what))


def _trainable(path: str, node: Node) -> bool:
    value = read_value(path, node).constant
    if not isinstance(value, bool):
        raise SpecError("trainable must be true or false", where=where(path, node))
    return value


def _ties(path: str, node: Node) -> dict[str, str]:
    """`weight: embed.weight`, or the names of several: `{weight: embed.weight, bias: embed.bias}`."""
    if type(node) is not MappingNode:
        return {"weight": read_text(path, node, "weight")}
    if not node.value:
        raise SpecError("weight names nothing", where=where(path, node), hint="weight: {bias: embed.bias}")
    return {key: read_text(path, value, f"weight '{cut(key)}'") for key, _, value in read_mapping(path, node, "weight")}


def _repeat(path: str, node: Node) -> Repeat:
    if type(node) is not ScalarNode or " as " not in node.value:
        return Repeat(read_value(path, node))
    times, _, index = node.value.rpartition(" as ")
    return Repeat(
        read_value(path, _part(node, times, node.style)), read_identifier(path, _part(node, index, "'"), "index")
    )


def _each(path: str, node: Node) -> tuple[Walk, ...]:
    walks = []
    taken: set[str] = set()
    for key, key_node, values in read_mapping(path, node, "each"):
        names = key.replace(",", " ").split()
        for name in names:
            read_identifier(path, _part(key_node, name, "'"), "each")
            if name in taken:
                raise SpecError(f"each names '{name}' twice", where=where(path, key_node))
            taken.add(name)
        if not names:
            raise SpecError("each names nothing", where=where(path, key_node), hint="each: {c: [64, 128]}")
        walks.append(Walk(tuple(names), read_value(path, values)))
    return tuple(walks)


def _part(node: ScalarNode, text: str, style: str | None) -> ScalarNode:
    """A piece of a scalar, at the same place."""
    return ScalarNode(node.tag, text.strip(), node.start_mark, node.end_mark, style)


_READERS: dict[str, tuple[str, Callable[[str, Node], Any]]] = {
    "name": ("name", lambda path, node: read_template(path, node, "name")),
    "from": ("sources", lambda path, node: read_templates(path, node, "from")),
    "outputs": ("outputs", lambda path, node: read_names(path, node, "outputs")),
    "weight": ("ties", _ties),
    "when": ("when", read_value),
    "repeat": ("repeat", _repeat),
    "each": ("each", _each),
    "trainable": ("trainable", _trainable),
    "trips": ("trips", read_value),
}
MODIFIERS = frozenset(_READERS)
