"""What a budget says: limits on metrics, read from any file's nodes or from the command line.

A limit on a priced metric names its convention (`flops:lecture`), for a bare number of FLOPs means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import ParamSpec, TypeVar, get_args

from msgspec import Struct
from msgspec.structs import replace
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ..conventions import Convention, find_convention
from ..errors import ConfigError, FlopcountError, UsageError, did_you_mean
from ..metrics import BYTES_AS, METRICS, Metric, find_metric
from ..ops import find_op
from ..readers.spec.document import where
from ..readers.spec.values import read_mapping, unknown_key
from ..units import parse_percent, parse_quantity
from ..verdict import Level, Rule
from .marks import Mark, Node, boolean, items, mark_of, scalar

P = ParamSpec("P")
R = TypeVar("R")

TERMS = ("convention", "level", "max_increase", "allow_partial")
LIMIT_KEYS = ("max", "max_increase", "level", "layer")
NOT_WORSE = "not worse"
SHARE = "share"
GROWTH_DEFAULT = ("params", "macs")
"""What may not grow where `max_increase` stands without any limit beside it."""


class Increase(Struct, frozen=True):
    """How much a number may grow: by a fraction of what it was, or by an amount."""

    relative: Fraction = Fraction(0)
    absolute: int = 0

    def allowed(self, before: int) -> int:
        """The largest number allowed.

        Example:
            >>> Increase(Fraction(2, 100)).allowed(149), Increase(absolute=10).allowed(149)
            (151, 159)
        """
        return before + int(before * self.relative) + self.absolute


class Limit(Struct, frozen=True):
    """One limit.

    Attributes:
        metric: See `Verdict.metric`.
        rule: See `Verdict.rule`.
        bound: A number; for a share a fraction; for growth an `Increase`; for ops their tags.
        stated: As it is written.
        level: `error` or `warn`.
        partial: Whether a partial count will do.
        layer: The layer or pattern of layers that a share is of; empty: whichever is largest.
        mark: Where it stands in a file.
    """

    metric: str
    rule: Rule
    bound: int | Fraction | Increase | tuple[str, ...]
    stated: str
    level: Level = "error"
    partial: bool = False
    layer: str = ""
    mark: Mark | None = None


class Terms(Struct, frozen=True):
    """What holds for every limit of a place that does not say otherwise.

    Attributes:
        convention: How priced metrics are priced; None: each names its own.
        level: How bad it is to be over.
        increase: How much each limited metric may grow, as it is written.
        mark: Where that stands.
        partial: Whether a partial count will do.
    """

    convention: str | None = None
    level: Level = "error"
    increase: str | None = None
    mark: Mark | None = None
    partial: bool = False


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


def grown(limits: Iterable[Limit], terms: Terms) -> tuple[Limit, ...]:
    """The same limits, and the growth limit that stands beside them for each of their metrics."""
    limits = list(limits)
    if terms.increase is None:
        return tuple(limits)
    own = {limit.metric for limit in limits if limit.rule == "max_increase"}
    named = [limit.metric for limit in limits if limit.rule == "max" and not limit.metric.startswith(SHARE)]
    metrics = [name for name in dict.fromkeys(named or GROWTH_DEFAULT) if name not in own]
    for name in metrics:
        bound = parse_increase(terms.increase, name)
        limits.append(
            Limit(name, "max_increase", bound, terms.increase, terms.level, terms.partial, mark=terms.mark)
        )  # fmt: skip
    return tuple(limits)


def stated_limit(key: str, text: str, terms: Terms) -> Limit:
    """A limit given by hand: `params`, `5M`.

    Raises:
        UsageError: The metric or the quantity makes no sense.

    Example:
        >>> stated_limit("macs", "600 MMACs", Terms()).bound
        600000000
    """
    try:
        name = canonical(key, terms.convention, text)
    except UsageError as error:
        if "needs the convention" in error.what:
            error.hint = f"say --convention lecture, or --max {key}:lecture={text}"
        raise
    return Limit(name, "max", _bound(name, text), text, terms.level, terms.partial)


def canonical(key: str, convention: str | None, stated: str = "LIMIT") -> str:
    """The full name of a metric: `flops:lecture`, `share:macs`.

    Raises:
        UsageError: There is no such metric, or nobody says how it is priced.

    Example:
        >>> canonical("flops", "lecture"), canonical("share", None), canonical("params", None)
        ('flops:lecture', 'share:macs', 'params')
    """
    base, _, qualifier = key.partition(":")
    if base == SHARE:
        return f"{SHARE}:{canonical(qualifier or 'macs', convention, stated)}"
    if key.startswith(BYTES_AS):
        return find_metric(key).key
    if base not in METRICS:
        raise UsageError(f"unknown metric '{base}'", hint=did_you_mean(base, [*METRICS, SHARE, "ops", "bytes:int8"]))
    if not METRICS[base].priced:
        if qualifier:
            raise UsageError(f"'{base}' is the same under every convention", hint=f"write {base}: {stated}")
        return base
    if not (qualifier or convention):
        raise UsageError(
            f"a limit on '{base}' needs the convention by which it is counted",
            hint=f'write "{base}:lecture": {stated}, or convention: lecture beside it '
            "(`flopcount list conventions` has them)",
        )
    name = f"{base}:{qualifier or convention}"
    priced(name)
    return name


def priced(name: str) -> tuple[Metric, Convention]:
    """The metric and the convention of a full name.

    Example:
        >>> [part.key if hasattr(part, "key") else part.name for part in priced("flops:torch")]
        ['flops', 'torch']
    """
    base, _, qualifier = name.partition(":")
    if not qualifier or name.startswith(BYTES_AS):
        return find_metric(name), find_convention("lecture")
    convention = find_convention(qualifier)
    return find_metric(base, convention), convention


def unit_of(name: str) -> str:
    """The unit of a metric, as quantities spell it.

    Example:
        >>> unit_of("params"), unit_of("flops:torch"), unit_of("bytes:int8"), unit_of("macs")
        ('', 'FLOP', 'B', 'MAC')
    """
    metric, convention = priced(name)
    return convention.unit if metric.priced else metric.unit


def parse_increase(text: str, metric: str = "") -> Increase:
    """How much may be added: `2%`, `0`, `not worse`, and for one metric an amount (`50K`).

    Raises:
        UsageError: It is none of these.

    Example:
        >>> parse_increase("2%").relative, parse_increase("50K", "params").absolute, parse_increase("not worse")
        (Fraction(1, 50), 50000, Increase(relative=Fraction(0, 1), absolute=0))
    """
    if text in (NOT_WORSE, "0"):
        return Increase()
    if "%" in text:
        return Increase(relative=parse_percent(text))
    if metric:
        return Increase(absolute=parse_quantity(text, unit_of(metric)))
    raise UsageError(
        f"'{text}' says no increase of every metric",
        hint="write 2%, or not worse; an amount stands at its metric: macs: {max_increase: 50K}",
    )


def _bound(name: str, text: str) -> int | Fraction:
    if name.startswith(SHARE):
        share = parse_percent(text)
        if share > 1:
            raise UsageError(f"a share of {text} is more than everything")
        return share
    if "%" in text:
        raise UsageError(f"'{text}' is a percentage, and {name} is counted", hint="`share` is limited in percent")
    return parse_quantity(text, unit_of(name))


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
    bound = _at(path, node, _bound, name, text)
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
        for item, tag in zip(value.value, tags, strict=True):
            _at(path, item, find_op, tag)
        limits.append(Limit("ops", rule, tags, ", ".join(tags), terms.level, True, mark=mark_of(path, value)))
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
