"""From a file to YAML nodes that know their place, within bounds of time and memory whatever the file holds.

Only libyaml's composer runs: no constructor, no tag is ever obeyed, and scalars stay text until `scalars` or
`expression` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from ...collector import paused
from ...errors import SourceError, SpecError
from .wording import MAX_DEPTH, TOO_DEEP, cut

MAX_BYTES = 64 * 2**20
MAX_NODES = 3_000_000

_UNTAGGED = ""
_TAG_DIRECTIVE = re.compile(r"^%TAG", re.MULTILINE)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML can be installed without libyaml


def read_text(path: str) -> str:
    """The text of a file.

    Raises:
        SourceError: It is missing, a directory, unreadable, too large or not UTF-8.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SourceError(f"there is no file '{path}'") from None
    except IsADirectoryError:
        raise SourceError(f"'{path}' is a directory, not a file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"'{path}' cannot be read: {reason.lower()}") from None
    return decode(data, path)


def decode(data: bytes, path: str) -> str:
    """Bytes as text: UTF-8, with or without a byte order mark.

    Example:
        >>> decode("name: café".encode("utf-8-sig"), "net.yaml")
        'name: café'

    Raises:
        SourceError: They are not UTF-8, or too many.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(f"'{path}' is larger than {MAX_BYTES >> 20} MB")
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"'{path}' is not UTF-8 text: byte 0x{data[error.start]:02x} at offset {error.start}",
            hint="a spec is a YAML text file, saved as UTF-8",
        ) from None


def compose(text: str, path: str) -> Node:
    """The root node of a YAML text.

    Args:
        text: One document.
        path: How messages name it.

    Raises:
        SpecError: It is no YAML, is empty, holds several documents, tags, merge keys or recursive aliases, or is too
            deep or too large; with its line and column.

    Example:
        >>> root = compose("input: [3, 224, 224]", "net.yaml")
        >>> [key.value for key, _ in root.value]
        ['input']
    """
    if found := _TAG_DIRECTIVE.search(text):  # before libyaml compares every such line with all before it
        raise SpecError("tags are not supported", where=_place(text, found.start(), path), hint="remove the %TAG line")
    with paused():
        try:
            root = _composer(text, path).get_single_node()
        except yaml.MarkedYAMLError as error:
            from .problems import reword

            raise reword(error, text, path) from None
        except ReaderError as error:
            raise _bad_character(text, text.find(chr(error.character)), path) from None
        except UnicodeEncodeError as error:
            raise _bad_character(text, error.start, path) from None
        if root is None or is_null(root):
            raise SpecError("the file is empty", where=path, hint="a spec has at least `input` and `layers`")
        if "&" in text:
            _refuse_alias_bombs(root, path)
        if "!" in text or "<<" in text:
            _refuse_tags_and_merge_keys(root, path)
    return root  # type: ignore[no-any-return]


def _composer(text: str, path: str) -> Any:
    """A composer that watches depth and size while libyaml works, before its recursion can overflow the C stack.

    Its hooks run for every node, so they are closures over two counters and nothing more.
    """
    depth = nodes = 0

    def descend(parent: Node | None, index: Any) -> None:
        nonlocal depth, nodes
        depth += 1
        nodes += 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise _too_deep(path, parent) if depth > MAX_DEPTH else _too_large(path, parent)

    def ascend() -> None:
        nonlocal depth
        depth -= 1

    composer = _Loader(text)
    composer.descend_resolver = descend
    composer.ascend_resolver = ascend
    composer.resolve = lambda kind, value, implicit: _UNTAGGED
    return composer


def _refuse_alias_bombs(root: Node, path: str) -> None:
    """Refuse aliases that contain themselves, nest or multiply without bound."""
    measured: dict[Node, tuple[int, int] | None] = {}

    def measure(node: Node) -> tuple[int, int]:
        """How many nodes and levels it has with its aliases written out.

        An alias follows its anchor, which is measured by then, so the recursion is no deeper than the text.
        """
        if node in measured:
            known = measured[node]
            if known is None:
                raise SpecError("an anchor's value contains an alias of itself", where=where(path, node))
            return known
        measured[node] = None
        size = levels = 1
        for child in _children(node):
            inner_size, inner_levels = measure(child)
            size += inner_size
            levels = max(levels, inner_levels + 1)
        if levels > MAX_DEPTH:
            raise _too_deep(path, node)
        if size > MAX_NODES:
            raise _too_large(path, node)
        measured[node] = size, levels
        return size, levels

    measure(root)


def _refuse_tags_and_merge_keys(root: Node, path: str) -> None:
    nodes = [root]
    for node in nodes:  # grows as it goes
        if node.tag != _UNTAGGED:
            raise SpecError(
                f"the tag {cut(node.tag.replace('tag:yaml.org,2002:', '!!'))} is not supported",
                where=where(path, node),
                hint="remove it; text that begins with ! stands in quotes, and a condition is negated by `not`",
            )
        if type(node) is ScalarNode and node.value == "<<" and not node.style:
            raise SpecError(
                "merge keys (<<) are not supported", where=where(path, node), hint="define a block with arguments"
            )
        nodes += _children(node)


def _children(node: Node) -> Iterable[Node]:
    if type(node) is MappingNode:
        return [child for entry in node.value for child in entry]
    return node.value if type(node) is SequenceNode else ()


def where(path: str, node: Node) -> str:
    """The place of a node: `file:line:column`, counted from one."""
    mark = node.start_mark
    return f"{path}:{mark.line + 1}:{mark.column + 1}"


def mapping_items(path: str, node: MappingNode) -> list[tuple[str, ScalarNode, Node]]:
    """The entries of a mapping: the key as text, its node, the value's node.

    Raises:
        SpecError: A key stands twice or is no text.
    """
    items = []
    for key, value in node.value:
        if type(key) is not ScalarNode:
            raise SpecError(f"a key must be text, not {kind_of(key)}", where=where(path, key))
        items.append((key.value, key, value))
    if len(items) > 1:
        first: dict[str, Node] = {}
        for text, key, _ in items:
            if first.setdefault(text, key) is not key:
                raise SpecError(
                    f"the key '{cut(text)}' stands twice (first at {where(path, first[text])})", where=where(path, key)
                )
    return items


def is_null(node: Node) -> bool:
    """Whether a node is empty or says null."""
    return type(node) is ScalarNode and not node.style and node.value in ("", "~", "null", "Null", "NULL")


def kind_of(node: Node) -> str:
    """What a node is, in words."""
    if is_null(node):
        return "null"
    return "a mapping" if type(node) is MappingNode else "a list" if type(node) is SequenceNode else "text"


def _too_deep(path: str, node: Node | None) -> SpecError:
    return SpecError(TOO_DEEP, where=where(path, node) if node else path)


def _too_large(path: str, node: Node | None) -> SpecError:
    return SpecError(
        f"the file has more than {MAX_NODES:,} values (aliases written out)",
        where=where(path, node) if node else path,
        hint="`repeat: n` repeats a layer",
    )


def _bad_character(text: str, offset: int, path: str) -> SpecError:
    return SpecError(
        f"the character U+{ord(text[offset]):04X} may not stand in a file", where=_place(text, offset, path)
    )


def _place(text: str, offset: int, path: str) -> str:
    return f"{path}:{text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"
