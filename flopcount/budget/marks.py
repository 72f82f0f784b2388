"""Where something stands in a file, so that a message can name it and an update can rewrite it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ..errors import ConfigError
from ..readers.spec.document import is_null, kind_of, where

Node = Any
"""A composed node (PyYAML's), with its marks."""


class Mark(Struct, frozen=True):
    """A value in a file.

    Attributes:
        path: The file.
        where: `file:line:column`.
        start, end: The characters that it takes, quotes included.
        text: Its value.
    """

    path: str
    where: str
    start: int
    end: int
    text: str


def mark_of(path: str, node: Node) -> Mark:
    """The mark of a scalar."""
    return Mark(path, where(path, node), node.start_mark.index, node.end_mark.index, str(node.value))


def scalar(path: str, node: Node, what: str) -> str:
    """The text of a scalar.

    Raises:
        ConfigError: It is a list, a mapping or nothing.
    """
    if type(node) is not ScalarNode or is_null(node):
        raise ConfigError(f"{what} must be a value, not {kind_of(node)}", where=where(path, node))
    return str(node.value)


def boolean(path: str, node: Node, what: str) -> bool:
    """The value of a `true` or `false`."""
    text = scalar(path, node, what)
    if text not in ("true", "false"):
        raise ConfigError(f"{what} must be true or false, not '{text}'", where=where(path, node))
    return text == "true"


def items(path: str, node: Node, what: str) -> list[Node]:
    """The entries of a list.

    Raises:
        ConfigError: It is no list.
    """
    if type(node) is not SequenceNode:
        raise ConfigError(f"{what} must be a list, not {kind_of(node)}", where=where(path, node))
    return list(node.value)


def written(path: str, node: Node) -> str:
    """A scalar or a list as an expression of the spec language: `0.5`, `[3, 4, 6, 3]`."""
    if type(node) is SequenceNode:
        return f"[{', '.join(written(path, item) for item in node.value)}]"
    if type(node) is MappingNode:
        raise ConfigError("a mapping stands where a value or a list belongs", where=where(path, node))
    return scalar(path, node, "a value")
