"""The exception tree: every error says where, what, the values, and a hint.

Code low in the house raises with the facts it has; whoever knows the place (a reader, the graph builder) adds it with
`located`; the command line alone turns an error into text and an exit status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

MAX_LINE = 500
"""How long a line of a message may be."""


class FlopcountError(Exception):
    """Anything that flopcount tells its user instead of a traceback.

    Args:
        what: One sentence, lower case, with the offending values in it.
        facts: Further values, a line each (`{"input": "64×56×56"}`).
        hint: What to do about it.
        where: Place in a source file, as `file:line:column`.
        layer: The layer concerned, as `layer2.0.conv1 (conv)`.

    Example:
        >>> print(FlopcountError("no such op 'cnv'", where="net.yaml:3:5", hint="did you mean 'conv'?"))
        error: net.yaml:3:5
          no such op 'cnv'
          hint: did you mean 'conv'?
    """

    exit_status: ClassVar[int] = 2

    def __init__(
        self,
        what: str,
        *,
        facts: Mapping[str, str] | None = None,
        hint: str | None = None,
        where: str | None = None,
        layer: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.facts = dict(facts or {})
        self.hint = hint
        self.where = where
        self.layer = layer

    def located(
        self, where: str | None = None, layer: str | None = None, facts: Mapping[str, str] | None = None
    ) -> FlopcountError:
        """Add the place, where none is known yet, and return the same error, to be raised again."""
        self.where = self.where or where
        self.layer = self.layer or layer
        self.facts = {**(facts or {}), **self.facts}
        return self

    def __str__(self) -> str:
        head = "  ".join(part for part in (self.where, self.layer) if part)
        lines = [f"error: {head}", f"  {self.what}"] if head else [f"error: {self.what}"]
        lines += [f"  {name}: {value}" for name, value in self.facts.items()]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    """A line that stays one and cannot command a terminal, whatever the file that it quotes holds."""
    if len(line) > MAX_LINE:
        line = f"{line[: MAX_LINE - 3]}..."
    return line if line.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


class SourceError(FlopcountError):
    """A source that cannot be found or read: a missing file, a directory, bytes that are not UTF-8."""


class SpecError(FlopcountError):
    """A YAML spec that breaks the rules of the language."""


class ConfigError(FlopcountError):
    """A budget, configuration or baseline that cannot be read, or that asks for what cannot be."""


class OpError(FlopcountError):
    """An op whose fields or input shapes make no sense: a kernel larger than its input, groups that do not divide."""


class UsageError(FlopcountError):
    """A command or call that asks for something that does not exist: an unknown convention, column, format."""


class UnsizedError(UsageError):
    """An input has no size of its own, and none was given."""


class MissingExtraError(FlopcountError):
    """A capability whose optional dependency is not installed."""

    def __init__(self, capability: str, extra: str) -> None:
        super().__init__(
            f"{capability} needs the extra '{extra}'", hint=f'install it with: pip install "flopcount[{extra}]"'
        )


class IncompleteError(FlopcountError):
    """The count is incomplete and completeness was required."""

    exit_status = 3


class ExpectationError(FlopcountError):
    """A total differs from what its spec promises, or a verification failed."""

    exit_status = 1


class BudgetError(FlopcountError, AssertionError):
    """A model costs more than it may; an assertion, so that test runners call it a failure."""

    exit_status = 1


class BugError(FlopcountError):
    """A shape of ours that contradicts the one that the source states or a framework computed: our mistake."""

    exit_status = 70


_MAX_WORD, _MAX_NAMES = 100, 10_000  # the search is quadratic in the words' length


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Suggest the nearest known names, or list them all where they are few.

    Example:
        >>> did_you_mean("stirde", ["kernel", "stride", "padding"])
        "did you mean 'stride'?"
        >>> did_you_mean("zzz", ["add", "mul"])
        'one of: add, mul'
    """
    import difflib

    names = sorted({name for name in known if len(name) <= _MAX_WORD})
    if len(word) > _MAX_WORD or len(names) > _MAX_NAMES:
        return None
    near = difflib.get_close_matches(word, names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(f"'{name}'" for name in near) + "?"
    return f"one of: {', '.join(names)}" if 0 < len(names) <= 24 else None


def show_shape(shape: Iterable[object]) -> str:
    """A shape as people write it.

    Example:
        >>> show_shape((64, 56, 56))
        '64×56×56'
    """
    return "×".join(str(size) for size in shape) or "scalar"
