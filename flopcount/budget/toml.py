"""TOML with places: the same nodes that a YAML file gives, so that one reading serves both.

`tomllib` says whether the text is TOML. Then this walks it for the places that `tomllib` does not tell, and so may
trust it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from yaml.error import Mark
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ..errors import ConfigError

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.S)
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d[^\s,\]}#]*|[^\s,\]}#]+")
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def compose(text: str, path: str) -> MappingNode:
    """The root node of a TOML text.

    Raises:
        ConfigError: It is no TOML, with its line and column.

    Example:
        >>> ((key, value),) = compose('limit = "5M"', "pyproject.toml").value
        >>> key.value, value.value, value.start_mark.column
        ('limit', '5M', 8)
    """
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _reworded(str(error), text, path) from None
    except RecursionError:
        raise ConfigError("nested too deep", where=path) from None
    return _Walk(text, path).document()


def _reworded(message: str, text: str, path: str) -> ConfigError:
    found = _AT.search(message)
    line, column = (found[1], found[2]) if found and found[1] else (text.count("\n") + 1, 1)
    what = _AT.sub("", message)
    return ConfigError(f"this is not TOML: {what[:1].lower()}{what[1:]}", where=f"{path}:{line}:{column}")


class _Walk:
    """Goes through a text once, from its start to its end."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.place = 0
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.children: dict[int, dict[str, Any]] = {}

    def document(self) -> MappingNode:
        root = table = self.mapping()
        while True:
            self.skip(_BLANK)
            if self.place >= len(self.text):
                return root
            if self.text.startswith("[[", self.place):
                self.place += 2
                *keys, last = self.keys()
                self.place = self.text.index("]]", self.place) + 2
                array = self.child(self.descend(root, keys), last, self.sequence)
                table = self.mapping()
                array.value.append(table)
            elif self.text[self.place] == "[":
                self.place += 1
                keys = self.keys()
                self.place = self.text.index("]", self.place) + 1
                table = self.descend(root, keys)
            else:
                self.assignment(table)

    def assignment(self, table: MappingNode) -> None:
        *keys, last = self.keys()
        self.place = self.text.index("=", self.place) + 1
        self.skip(_SPACE)
        value = self.value()
        self.child(self.descend(table, keys), last, lambda: value)

    def value(self) -> Any:
        start = self.mark()
        first = self.text[self.place]
        if first == "[":
            self.place += 1
            values = []
            while not self.closes("]"):
                values.append(self.value())
            return SequenceNode("", values, start, self.mark(), flow_style=True)
        if first == "{":
            self.place += 1
            table = self.mapping()
            while not self.closes("}"):
                self.assignment(table)
            table.end_mark = self.mark()
            return table
        return self.scalar()

    def closes(self, bracket: str) -> bool:
        """Whether the list or table ends here; steps over the comma before its next entry."""
        self.skip(_BLANK)
        if self.text[self.place] == ",":
            self.place += 1
            self.skip(_BLANK)
        if self.text[self.place] != bracket:
            return False
        self.place += 1
        return True

    def scalar(self) -> ScalarNode:
        import tomllib

        start = self.mark()
        if found := _STRING.match(self.text, self.place):
            self.place = found.end()
            value = tomllib.loads(f"x = {found[0]}")["x"]
            return ScalarNode("", value, start, self.mark(), style=found[0][0])
        found = _PLAIN.match(self.text, self.place)
        assert found, "tomllib has read it"
        self.place = found.end()
        return ScalarNode("", found[0], start, self.mark())

    def keys(self) -> list[ScalarNode]:
        """A dotted key."""
        parts = []
        while True:
            self.skip(_SPACE)
            start = self.mark()
            if found := _BARE.match(self.text, self.place):
                self.place = found.end()
                parts.append(ScalarNode("", found[0], start, self.mark()))
            else:
                parts.append(self.scalar())
            self.skip(_SPACE)
            if not self.text.startswith(".", self.place):
                return parts
            self.place += 1

    def descend(self, table: MappingNode, keys: list[ScalarNode]) -> MappingNode:
        """The table below another; the last one of an array of tables."""
        for key in keys:
            below = self.child(table, key, self.mapping)
            table = below.value[-1] if type(below) is SequenceNode else below
        return table

    def child(self, table: MappingNode, key: ScalarNode, make: Any) -> Any:
        known = self.children.setdefault(id(table), {})
        if key.value not in known:
            known[key.value] = make()
            table.value.append((key, known[key.value]))
        return known[key.value]

    def mapping(self) -> MappingNode:
        return MappingNode("", [], self.mark(), self.mark())

    def sequence(self) -> SequenceNode:
        return SequenceNode("", [], self.mark(), self.mark())

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.place)
        self.place = found.end() if found else self.place

    def mark(self) -> Mark:
        line = bisect_right(self.lines, self.place) - 1
        return Mark(self.path, self.place, line, self.place - self.lines[line], None, 0)
