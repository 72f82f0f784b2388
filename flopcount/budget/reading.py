"""Budgets as files state them: from nodes to limits, each error at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, get_args

from msgspec.structs import replace
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ..conventions import find_convention
from ..errors import ConfigError, FlopcountError, did_you_mean
from ..ops import find_op
from ..readers.spec.document import where
from ..readers.spec.values import read_mapping, unknown_key
from ..verdict import Level, Rule
from .limits import SHARE, Limit, Terms, bound_of, canonical, grown, parse_increase
from .marks import Node, boolean, items, mark_of, scalar

P = ParamSpec("P")
R = TypeVar("R")

TERMS = ("convention", "level", "max_increase", "allow_partial")
LIMIT_KEYS = ("max", "max_increase", "level", "layer")


def read_terms(path: str, nodes: dict[str, Node], terms: Terms) -> Terms:
    """Terms as a place states them, over those around it.

    Raises:
        ConfigError: One of them makes no sense, at its place.
    """
    if node := nodes.get("convention"):
        name = scalar(path, node, "convention")
        _at(path, node, find_convention, name)
        terms = replace(terms, convention=name)
    if node := nodes.get("level"):
        terms = replace(terms, level=_level(path, node))
    if node := nodes.get("max_increase"):
        text = scalar(path, node, "max_increase")
        _at(path, node, parse_increase, text)
        terms = replace(terms, increase=text, mark=mark_of(path, node))
    if node := nodes.get("allow_partial"):
        terms = replace(terms, partial=boolean(path, node, "allow_partial"))
    return terms


def read_budget(path: str, node: Node, terms: Terms) -> tuple[Limit, ...]:
    """The limits of a `budget:` mapping.

    Raises:
        ConfigError: With file, line and column.
    """
    nodes: dict[str, Node] = {}
    metrics: list[tuple[str, Node, Node]] = []
    for key, key_node, value in read_mapping(path, node, "a budget"):
        if key in TERMS:
            nodes[key] = value
        else:
            metrics.append((key, key_node, value))
    if not metrics and "max_increase" not in nodes:
        raise ConfigError("the budget limits nothing", where=where(path, node), hint="budget: {params: 5M}")
    terms = read_terms(path, nodes, terms)
    limits: list[Limit] = []
    for key, key_node, value in metrics:
        if key == "ops":
            limits += _ops(path, value, terms)
            continue
        stated = value.value if type(value) is ScalarNode else "LIMIT"
        name = _at(path, key_node, canonical, key, terms.convention, stated)
        limits += _limits(path, name, value, terms)
    return grown(limits, terms)


def _limits(path: str, name: str, node: Node, terms: Terms) -> list[Limit]:
    """What stands at one metric: a quantity, a mapping, or a list of such."""
    if type(node) is SequenceNode:
        if not node.value:
            raise ConfigError(f"the limits on {name} are an empty list", where=where(path, node))
        if nested := next((item for item in node.value if type(item) is SequenceNode), None):
            raise ConfigError("a list of limits holds another list", where=where(path, nested))
        return [limit for item in node.value for limit in _limits(path, name, item, terms)]
    if type(node) is not MappingNode:
        return [_limit(path, name, node, terms)]
    parts: dict[str, Node] = {}
    for key, key_node, value in read_mapping(path, node, f"the limit on {name}"):
        if key not in LIMIT_KEYS:
            raise unknown_key(path, key, key_node, f"key of the limit on {name}", LIMIT_KEYS)
        parts[key] = value
    if not parts.keys() & {"max", "max_increase"}:
        raise ConfigError(f"the limit on {name} has neither `max` nor `max_increase`", where=where(path, node))
    own = terms if "level" not in parts else replace(terms, level=_level(path, parts["level"]))
    layer = scalar(path, parts["layer"], "layer") if "layer" in parts else ""
    is_share = name.startswith(SHARE)
    for key, misplaced in (("layer", not is_share), ("max_increase", is_share)):
        if key in parts and misplaced:
            raise ConfigError(f"`{key}` does not belong to a limit on {name}", where=where(path, parts[key]))
    limits = [_limit(path, name, parts["max"], own, layer)] if "max" in parts else []
    if node := parts.get("max_increase"):
        text = scalar(path, node, "max_increase")
        bound = _at(path, node, parse_increase, text, name)
        limits.append(
            Limit(name, "max_increase", bound, text, own.level, own.partial, mark=mark_of(path, node))
        )  # fmt: skip
    return limits


def _limit(path: str, name: str, node: Node, terms: Terms, layer: str = "") -> Limit:
    text = scalar(path, node, f"the limit on {name}")
    bound = _at(path, node, bound_of, name, text)
    return Limit(name, "max", bound, text, terms.level, terms.partial, layer, mark_of(path, node))


def _ops(path: str, node: Node, terms: Terms) -> list[Limit]:
    lists: dict[Rule, Node] = {}
    rules: dict[str, Rule] = {"allow": "allow", "deny": "deny"}
    for key, key_node, value in read_mapping(path, node, "ops"):
        if key in rules:
            lists[rules[key]] = value
        elif key == "level":
            terms = replace(terms, level=_level(path, value))
        else:
            raise unknown_key(path, key, key_node, "key of ops", ("allow", "deny", "level"))
    if not lists:
        raise ConfigError("ops has neither `allow` nor `deny`", where=where(path, node))
    limits = []
    for rule, value in lists.items():
        tags = tuple(scalar(path, item, "an op") for item in items(path, value, rule))
        if not tags:
            raise ConfigError(f"`{rule}` lists no op", where=where(path, value), hint=f"{rule}: [conv, linear]")
        for item, tag in zip(value.value, tags, strict=True):
            _at(path, item, find_op, tag)
        limits.append(Limit("ops", rule, tags, ", ".join(tags), terms.level, terms.partial, mark=mark_of(path, value)))
    return limits


def _level(path: str, node: Node) -> Level:
    text = scalar(path, node, "level")
    for level in get_args(Level):
        if text == level:
            return level  # type: ignore[no-any-return]
    raise ConfigError(f"unknown level '{text}'", where=where(path, node), hint=did_you_mean(text, get_args(Level)))


def _at(path: str, node: Node, read: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """What a reading gives, its errors placed at a node."""
    try:
        return read(*args, **options)
    except FlopcountError as error:
        raise ConfigError(error.what, hint=error.hint, facts=error.facts, where=where(path, node)) from None
