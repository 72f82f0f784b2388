"""What a budget says: limits on metrics, read from any file's nodes or from the command line.

A limit on a priced metric names its convention (`flops:lecture`), for a bare number of FLOPs means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import ParamSpec, TypeVar

from msgspec import Struct

from ..conventions import Convention, find_convention
from ..errors import UsageError, did_you_mean
from ..metrics import BYTES_AS, METRICS, Metric, find_metric
from ..units import parse_percent, parse_quantity
from ..verdict import Level, Rule
from .marks import Mark

P = ParamSpec("P")
R = TypeVar("R")

TERMS = ("convention", "level", "max_increase", "allow_partial")
LIMIT_KEYS = ("max", "max_increase", "level", "layer")
NOT_WORSE = "not worse"
SHARE, OPS = "share", "ops"
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


def grown(limits: Iterable[Limit], terms: Terms, *, besides: bool = False) -> tuple[Limit, ...]:
    """The same limits, and the growth limit that stands beside them for each of their metrics.

    A metric that has a growth limit of its own gets no other, unless this one is held `besides`.
    """
    limits = list(limits)
    if terms.increase is None:
        return tuple(limits)
    own = set[str]() if besides else {limit.metric for limit in limits if limit.rule == "max_increase"}
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
    return Limit(name, "max", bound_of(name, text), text, terms.level, terms.partial)


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
        if qualifier.partition(":")[0] in (SHARE, OPS):
            raise UsageError(
                f"a share is one of a metric, which '{qualifier}' is not", hint="write share, share:params"
            )
        return f"{SHARE}:{canonical(qualifier or 'macs', convention, stated)}"
    if base == OPS:
        raise UsageError("ops have no number to limit", hint="a file lists them: ops: {deny: [conv]}")
    if key.startswith(BYTES_AS):
        return find_metric(key).key
    if base not in METRICS:
        raise UsageError(f"unknown metric '{base}'", hint=did_you_mean(base, [*METRICS, SHARE, OPS, "bytes:int8"]))
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


def bound_of(name: str, text: str) -> int | Fraction:
    """The number that a limit on a metric sets; for a share, the fraction.

    Raises:
        UsageError: It is no quantity in the metric's unit.
    """
    if name.startswith(SHARE):
        share = parse_percent(text)
        if share > 1:
            raise UsageError(f"a share of {text} is more than everything")
        return share
    if "%" in text:
        raise UsageError(f"'{text}' is a percentage, and {name} is counted", hint="`share` is limited in percent")
    return parse_quantity(text, unit_of(name))
