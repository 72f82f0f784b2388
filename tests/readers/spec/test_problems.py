from __future__ import annotations

import pytest
import yaml

from flopcount.errors import SpecError
from flopcount.readers.spec import document
from flopcount.readers.spec.document import compose
from flopcount.readers.spec.wording import TORN_HINT

QUOTE = "put the text in quotes"


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers' complaints."""
    if request.param == "pure Python":
        monkeypatch.setattr(document, "_Loader", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("a:\n\tb: 1\n", "2:1", "a tab stands where only spaces may", "indent with spaces"),
        ("a:\n  b: 1\n\tc: 2\n", "3:1", "a tab stands where only spaces may", "indent with spaces"),
        ("- conv: {out: a[0], kernel: 3}", "1:16", "the { opened at 1:9 is cut short by '['", TORN_HINT),
        ("- conv: {out: 16*{a}}", "1:18", "the { opened at 1:9 is cut short by '{'", TORN_HINT),
        ("x: [a[0], 2]", "1:6", "the [ opened at 1:4 is cut short by '['", TORN_HINT),
        (
            "a: {x: 1 y: 2}",
            "1:11",
            "the { opened at 1:4 is not closed before ':'",
            "close it with }, and put a comma between entries",
        ),
        ("a: [1, 2", None, "the [ opened at 1:4 is never closed", "close it with ]"),
        ("a: {x: 1", None, "the { opened at 1:4 is never closed", "close it with }"),
        (
            "out: *mid",
            "1:6",
            "'*mid' is an alias, but no anchor of that name stands before it",
            "a leading * is YAML's sign for an alias; to multiply, put the number first (4*mid) or quote it",
        ),
        ("out: @x", "1:6", "a value cannot begin with '@'", QUOTE),
        ("out: `x`", "1:6", "a value cannot begin with '`'", QUOTE),
        ("out: %x", "1:6", "a value cannot begin with '%'", QUOTE),
        (
            "out: * x",
            "1:7",
            "the end of the line cannot stand here",
            "a leading *, & or % means something to YAML: put the text in quotes",
        ),
        (
            "name:resnet\ninput: 3",
            "2:6",
            "a key cannot stand here, since the text above it goes on",
            "a colon needs a space after it: `name: resnet`",
        ),
        (
            "a: b: c",
            "1:5",
            "a key cannot stand here: the line above goes on, or this line has a key already",
            "one key a line, siblings in one column; text that holds ': ' needs quotes",
        ),
        ("a: 'abc", None, "the quote opened at 1:4 is never closed", "close it, or double it inside the text"),
        ('a: "\\q"', None, "an unknown escape in a text in double quotes", "use single quotes"),
        (
            "- a\nb: c",
            "2:1",
            "this line fits no list or mapping above it",
            "siblings begin in the same column, and every entry of a list with '- '",
        ),
        (
            "a:\n    b: 1\n  c: 2",
            "3:3",
            "this line fits no list or mapping above it",
            "siblings begin in the same column, and every entry of a list with '- '",
        ),
        ("a: 1\n---\nb: 2", "2:1", "a second document begins here", "one spec a file: remove the ---"),
        ("{a: 1}}", "1:7", "the document has ended, but '}' follows", "look for a bracket too many"),
        ("a: &x 1\nb: &x 2", "2:4", "an anchor is defined twice", "rename one of them"),
        ("a: [1, , 2]", "1:8", "a value is missing before ','", None),
        ("a: - b", "1:4", "a list cannot begin here", "each entry on a line of its own, after '- '"),
        ("%YAML 3.0\n---\na", "1:1", "this version of YAML is not supported", "remove the %YAML line"),
    ],
)
def test_is_worded_for_people(text: str, place: str | None, message: str, hint: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        compose(text, "net.yaml")
    error = caught.value
    assert (error.what, error.hint) == (message, hint)
    assert error.where is not None
    if place:
        assert error.where == f"net.yaml:{place}"


def test_what_has_no_words_of_its_own_is_passed_on() -> None:
    with pytest.raises(SpecError, match=r"this is not YAML: .*comment or.* line break"):
        compose("a: | x\n  y", "net.yaml")
