"""A convention of somebody's own, from a YAML file: prices, and so many per element where a price does not say it."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from msgspec.structs import replace
from yaml.nodes import Node, ScalarNode, SequenceNode

from .conventions import CONVENTIONS, Convention, find_convention
from .errors import ConfigError, FlopcountError, did_you_mean
from .ops import find_op
from .readers.spec.document import compose, where
from .readers.spec.document import read_text as read_file
from .readers.spec.values import read_mapping, read_text, unknown_key
from .tools import Rule, per_input, per_output

UNITS = {"MAC": 1, "FLOP": 2, "op": 2}
"""What a convention may count in, and what a product costs unless the file says it."""
TEXTS = ("name", "summary", "source")
PRICES = ("product", "output", "bias", "primitive", "statistics")
SWITCHES = ("masked", "backward", "recomputed")
ELEMENTS = {"per_input": per_input, "per_output": per_output}
KEYS = ("base", "unit", *TEXTS, *PRICES, *SWITCHES, *ELEMENTS, "count", "ignore")
MOST = 10**6
"""The largest price: no tool's is nearly so large."""


def read_convention(path: str) -> Convention:
    """The convention that a file describes.

    Args:
        path: A YAML file. `base` names a convention to start from, else `unit` must be given; `product`, `output`,
            `bias`, `primitive`, `statistics` are prices, `masked`, `backward`, `recomputed` switches, as `Convention`
            has them; `per_input` and `per_output` give ops so many per element, whatever they compute; `count` and
            `ignore` list what the options of these names take.

    Raises:
        SourceError: There is no such file, or it cannot be read.
        ConfigError, SpecError: With file, line and column.
    """
    root = compose(read_file(path), path)
    nodes: dict[str, Node] = {}
    for key, key_node, value in read_mapping(path, root, "a convention"):
        if key not in KEYS:
            raise unknown_key(path, key, key_node, "key", KEYS)
        nodes[key] = value
    return _Reader(path, nodes).convention()


class _Reader:
    """Reads the keys of one file, each with its place."""

    def __init__(self, path: str, nodes: dict[str, Node]) -> None:
        self.path = path
        self.nodes = nodes

    def convention(self) -> Convention:
        stem = PurePath(self.path).stem
        name = self.text("name") if "name" in self.nodes else stem
        if name in CONVENTIONS:
            taken = f"a convention is named '{name}' already"
            raise self.error("name", taken, "give yours a name: name: ours")
        if "base" in self.nodes:
            base = self.at("base", find_convention, self.text("base"))
            about = f"as {base.name}, but for what {PurePath(self.path).name} says"
            start = replace(base, name=name, summary=about, source=self.path)
        elif "unit" in self.nodes:
            start = Convention(name, "", "prices of one's own", self.path)
        else:
            raise ConfigError(
                "a convention says its unit, or on which other one it is based",
                where=self.path,
                hint="unit: MAC (or FLOP, op), or base: fvcore",
            )
        return self.priced(replace(start, **{key: self.text(key) for key in TEXTS if key in self.nodes}))

    def priced(self, start: Convention) -> Convention:
        given: dict[str, Any] = {}
        if "unit" in self.nodes:
            unit = self.text("unit")
            if unit not in UNITS:
                raise self.error("unit", f"unknown unit '{unit}'", f"one of: {', '.join(UNITS)}")
            given |= {"unit": unit, **({} if start.unit else {"product": UNITS[unit]})}
        given |= {key: self.number(key, self.nodes[key]) for key in PRICES if key in self.nodes}
        given |= {key: self.switch(key) for key in SWITCHES if key in self.nodes}
        rules = tuple(rule for key in ELEMENTS for rule in self.rules(key))
        replaced = {tag for rule in rules for tag in rule.ops}
        kept = (
            replace(rule, ops=ops) if rule.ops else rule
            for rule in start.rules
            if (ops := tuple(tag for tag in rule.ops if tag not in replaced)) or not rule.ops
        )
        convention = replace(start, **given, rules=(*kept, *rules))
        for key in ("count", "ignore"):
            for node, name in self.names(key):
                convention = self.at(
                    node, lambda which, name=name, key=key: which.adjusted(**{key: [name]}), convention
                )
        return convention

    def rules(self, key: str) -> list[Rule]:
        rules: dict[str, Rule] = {}
        for tag, tag_node, value in read_mapping(self.path, self.nodes[key], key) if key in self.nodes else ():
            self.at(tag_node, find_op, tag)
            number = self.number(f"{key} of {tag}", value)
            name = f"{number} per element of the {key.removeprefix('per_')} of {tag}"
            rules[tag] = Rule(name, (tag,), ELEMENTS[key](number))
        return [*rules.values()]

    def names(self, key: str) -> list[tuple[Node, str]]:
        node = self.nodes.get(key)
        if node is None:
            return []
        items = node.value if type(node) is SequenceNode else [node]
        return [(item, read_text(self.path, item, f"what to {key}")) for item in items]

    def text(self, key: str) -> str:
        return read_text(self.path, self.nodes[key], f"'{key}'")

    def number(self, what: str, node: Node) -> int:
        text = node.value if type(node) is ScalarNode else ""
        if not re.fullmatch(r"-?\d{1,8}", text, re.ASCII) or abs(int(text)) > MOST:
            found = f"'{text}'" if text else "this"
            raise ConfigError(f"{found} is no price: '{what}' is an integer", where=where(self.path, node))
        return int(text)

    def switch(self, key: str) -> bool:
        text = self.text(key)
        if text not in ("true", "false"):
            raise self.error(key, f"'{key}' is true or false, not '{text}'", did_you_mean(text, ("true", "false")))
        return text == "true"

    def at(self, place: str | Node, read: Any, argument: Any) -> Any:
        """What another function makes of a value, its errors at the value's place."""
        try:
            return read(argument)
        except FlopcountError as error:
            raise error.located(where(self.path, self.nodes[place] if isinstance(place, str) else place)) from None

    def error(self, key: str, what: str, hint: str | None) -> ConfigError:
        node = self.nodes.get(key)
        return ConfigError(what, where=self.path if node is None else where(self.path, node), hint=hint)
