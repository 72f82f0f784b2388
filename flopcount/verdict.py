"""What a check of budgets found: the data of `flopcount.check/1`, from which every format is made.

All numbers are exact integers. A share is stated as the part that it allows of the whole, so that it too is an integer.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

SCHEMA = "flopcount.check/1"

Level = Literal["error", "warn"]
Outcome = Literal["within", "over", "incomplete", "not compared"]
Rule = Literal["max", "max_increase", "allow", "deny"]


class Held(Struct, frozen=True):
    """How much of a metric one layer holds.

    Attributes:
        name, op: The layer.
        value: What it holds now.
        before: What it held in the baseline; None where it is new, or where nothing is compared.
        where: Its line in the source.
    """

    name: str
    op: str
    value: int
    before: int | None = None
    where: str = ""


class Verdict(Struct, frozen=True):
    """One limit of one model, and whether it is kept.

    Attributes:
        metric: What is limited: `params`, `flops:lecture`, `bytes:int8`, `share:macs`, `ops`.
        rule: `max`; `max_increase`, against the baseline; `allow` or `deny`, for ops.
        level: `error`, or `warn`, which never fails a check.
        outcome: `within` (equal to the limit is within), `over`, `incomplete` (nobody knows all of it), or
            `not compared` (a growth limit without a baseline to grow from).
        stated: The limit as it is written.
        limit: The largest number allowed; None where that is unknown.
        actual: The number found, a lower bound where the outcome is `incomplete`.
        before: The baseline's number, for a growth limit.
        whole: For a share, what it is a part of.
        unit: `B`, `MAC`, `FLOP` ...; empty for a plain count.
        where: The place of the limit: `flopcount.yaml:4:13`; empty where it was given by hand.
        message: What is wrong, in a sentence; empty where nothing is.
        holds: The layers that hold most of it, where the limit is not kept.
        grew: The layers that grew most since the baseline.
        culprit: Where it is not kept, the line to look at first: of the layer that grew most, or holds most, or the
            limit's own.
    """

    metric: str
    rule: Rule
    level: Level
    outcome: Outcome
    stated: str
    limit: int | None = None
    actual: int | None = None
    before: int | None = None
    whole: int | None = None
    unit: str = ""
    where: str = ""
    message: str = ""
    holds: tuple[Held, ...] = ()
    grew: tuple[Held, ...] = ()
    culprit: str = ""

    @property
    def fails(self) -> bool:
        """Whether a check fails for it."""
        return self.level == "error" and self.outcome in ("over", "incomplete")

    @property
    def warns(self) -> bool:
        """Whether people should look at it although the check does not fail."""
        return self.level == "warn" and self.outcome in ("over", "incomplete")


class Change(Struct, frozen=True):
    """A total that differs from the baseline's."""

    metric: str
    before: int
    after: int


class Problem(Struct, frozen=True):
    """Why a model could not be read, or its growth not be judged.

    Attributes:
        what: A sentence.
        where: The place that it is about.
        text: All of it, as a terminal shows it.
        kind: `unreadable`; or `refused`, of a comparison with what was measured in another way.
    """

    what: str
    where: str = ""
    text: str = ""
    kind: Literal["unreadable", "refused"] = "unreadable"


class ModelCheck(Struct, frozen=True):
    """One model against its budget.

    Attributes:
        name: What the configuration calls it, or its source.
        source: What was read.
        inputs: Its inputs as text: `input 1×3×224×224 float32`.
        mode: `eval` or `train`.
        settings: Its parameters' values, as text.
        uncounted: The layers whose cost nobody knows.
        compared: The name in the baseline that it was compared with, or None.
        note: Why it was not compared, or that it was renamed.
        verdicts: One per limit.
        changes: The totals that differ from the baseline.
        layers: The layers that differ most from the baseline in MACs or parameters, by `metric`.
        problem: Why it could not be read, or its growth not be judged.
    """

    name: str
    source: str
    inputs: tuple[str, ...] = ()
    mode: str = "eval"
    settings: dict[str, str] = {}
    uncounted: tuple[str, ...] = ()
    compared: str | None = None
    note: str = ""
    verdicts: tuple[Verdict, ...] = ()
    changes: tuple[Change, ...] = ()
    layers: dict[str, tuple[Held, ...]] = {}
    problem: Problem | None = None


class Check(Struct, frozen=True):
    """A whole check.

    Attributes:
        flopcount: The version that made it.
        models: In the order in which they were asked for.
        baseline: What was compared with, in words; empty where nothing was.
        removed: Models of the baseline that are gone.
        notices: What its reader must know besides.
        folder: The folder that places are relative to, seen from the root of the repository; empty for the root.
        exit_status: 0 within, 1 over, 2 a model with a problem, 3 an incomplete count.
        schema: Which data this is.
    """

    flopcount: str
    models: tuple[ModelCheck, ...]
    baseline: str = ""
    removed: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    folder: str = ""
    exit_status: int = 0
    schema: str = SCHEMA

    @property
    def verdicts(self) -> list[tuple[ModelCheck, Verdict]]:
        """Every verdict with its model."""
        return [(model, verdict) for model in self.models for verdict in model.verdicts]

    @property
    def failures(self) -> list[tuple[ModelCheck, Verdict]]:
        """The verdicts for which the check fails."""
        return [(model, verdict) for model, verdict in self.verdicts if verdict.fails]

    @property
    def warnings(self) -> list[tuple[ModelCheck, Verdict]]:
        """The verdicts to look at although the check does not fail for them."""
        return [(model, verdict) for model, verdict in self.verdicts if verdict.warns]


def status_of(models: tuple[ModelCheck, ...]) -> int:
    """The exit status: 2 before 1 before 3 before 0.

    Example:
        >>> status_of((ModelCheck("a", "a.yaml"), ModelCheck("b", "b.yaml", problem=Problem("gone"))))
        2
    """
    if any(model.problem for model in models):
        return 2
    failing = {verdict.outcome for model in models for verdict in model.verdicts if verdict.fails}
    return 1 if "over" in failing else 3 if "incomplete" in failing else 0


def encoded(check: Check) -> dict[str, Any]:
    """A check as JSON-ready data, the schema first."""
    from msgspec import to_builtins

    data: dict[str, Any] = to_builtins(check)
    return {"schema": data.pop("schema"), **data}


def decoded(data: Any) -> Check:
    """The check that JSON data holds.

    Raises:
        msgspec.ValidationError: It is other data.
    """
    from msgspec import convert

    return convert(data, Check)
