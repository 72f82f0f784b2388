"""The YAML parser's complaints, in words that say what to do.

PyYAML words its complaints in two ways, with libyaml and without; a rule is found by a piece of either.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from ...errors import SpecError
from .wording import TOO_DEEP, TORN_HINT, cut


class _Rule(NamedTuple):
    """When a complaint holds one of the needles, say this instead; `{char}` is what stands at the place."""

    needles: tuple[str, ...]
    what: str
    hint: str | None = None


_RULES = (
    _Rule(("tab character", "'\\t'"), "a tab stands where only spaces may", "indent with spaces"),
    _Rule(("cannot start any token",), "a value cannot begin with {char}", "put the text in quotes"),
    _Rule(
        ("undefined alias",),
        "{word} is an alias, but no anchor of that name stands before it",
        "a leading * is YAML's sign for an alias; to multiply, put the number first (4*mid) or quote it",
    ),
    _Rule(
        ("alphabetic or numeric character",),
        "{char} cannot stand here",
        "a leading *, & or % means something to YAML: put the text in quotes",
    ),
    _Rule(("second occurrence",), "an anchor is defined twice", "rename one of them"),
    _Rule(("another document",), "a second document begins here", "one spec a file: remove the ---"),
    _Rule(("<document start>",), "the document has ended, but {char} follows", "look for a bracket too many"),
    _Rule(("end of stream",), "the quote opened at {opened} is never closed", "close it, or double it inside the text"),
    _Rule(("escape character", "escape sequence"), "an unknown escape in a text in double quotes", "use single quotes"),
    _Rule(("node content",), "a value is missing before {char}"),
    _Rule(
        ("sequence entries are not allowed",), "a list cannot begin here", "each entry on a line of its own, after '- '"
    ),
    _Rule(
        ("mapping values are not allowed",),
        "a key cannot stand here: the line above goes on, or this line has a key already",
        "one key a line, siblings in one column; text that holds ': ' needs quotes",
    ),
    _Rule(
        ("'-' indicator", "expected key", "<block end>"),
        "this line fits no list or mapping above it",
        "siblings begin in the same column, and every entry of a list with '- '",
    ),
    _Rule(
        ("could not find expected ':'",),
        "the text before this is neither a key nor an entry of a list",
        "a key ends with ':', an entry begins with '- '",
    ),
    _Rule(("maximum nesting depth",), TOO_DEEP),  # libyaml's own bound, which its scanner may meet before ours
    _Rule(("incompatible YAML",), "this version of YAML is not supported", "remove the %YAML line"),
)

_NO_SPACE = re.compile(r"\s*(?:- +)*([\w.-]+):([^\s:].*)")


def reword(error: yaml.MarkedYAMLError, text: str, path: str) -> SpecError:
    """The same complaint as a `SpecError` with its place and a hint.

    Example:
        >>> try:
        ...     yaml.safe_load("conv: {out: depths[0], kernel: 3}")
        ... except yaml.MarkedYAMLError as error:
        ...     print(reword(error, "conv: {out: depths[0], kernel: 3}", "net.yaml").what)
        the { opened at 1:7 is cut short by '['
    """
    mark: Any = error.problem_mark or error.context_mark
    what, hint = _words(error, text, mark)
    return SpecError(what, hint=hint, where=f"{path}:{mark.line + 1}:{mark.column + 1}")


def _words(error: yaml.MarkedYAMLError, text: str, mark: Any) -> tuple[str, str | None]:
    problem = error.problem or ""
    here = text[mark.index : mark.index + 1]
    opened = f"{error.context_mark.line + 1}:{error.context_mark.column + 1}" if error.context_mark else "its start"
    for closing in "}]":
        if f"',' or '{closing}'" in problem:
            return _unclosed("{" if closing == "}" else "[", closing, here, opened)
    if here == "\t":
        problem = "tab character"
    elif "mapping values" in problem and (joined := _colon_without_space(text, mark.index)):
        return "a key cannot stand here, since the text above it goes on", f"a colon needs a space after it: {joined}"
    for rule in _RULES:
        if any(needle in problem for needle in rule.needles):
            word = re.compile(r"\S*").match(text, mark.index)
            return (
                rule.what.format(char=_show(here), opened=opened, word=f"'{cut(word[0])}'" if word else ""),
                rule.hint,
            )
    return f"this is not YAML: {problem}", None


def _unclosed(opening: str, closing: str, here: str, opened: str) -> tuple[str, str]:
    if not here.strip():
        return f"the {opening} opened at {opened} is never closed", f"close it with {closing}"
    if here in "[{":
        return f"the {opening} opened at {opened} is cut short by '{here}'", TORN_HINT
    return (
        f"the {opening} opened at {opened} is not closed before {_show(here)}",
        f"close it with {closing}, and put a comma between entries",
    )


def _colon_without_space(text: str, index: int) -> str | None:
    """The line that goes on where a key should stand, if it looks like `name:resnet`, as it should be written."""
    line = text.rfind("\n", 0, index)
    found = _NO_SPACE.fullmatch(text[text.rfind("\n", 0, max(line, 0)) + 1 : max(line, 0)].rstrip())
    return f"`{cut(found[1])}: {cut(found[2])}`" if found else None


def _show(char: str) -> str:
    return f"'{char}'" if char.strip() else "the end of the line"
