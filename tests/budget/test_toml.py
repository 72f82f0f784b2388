from __future__ import annotations

import string
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode, ScalarNode

from flopcount.budget.toml import compose
from flopcount.errors import ConfigError

TRICKY = """\
# a comment with [brackets] and "quotes"
title = "a # no comment" # a comment
"quoted key" = 'literal \\ text'
dotted.key.here = 1_000 # 5
dotted."with space" = 2
multi = \"\"\"
one "two" \\\\ three
= [x]\"\"\"
literal = '''it's
[not.a.table]'''
list = [ 1, 2, # three
  [3, "]"], {a = 1, b.c = "}"},
]
empty = []
none = {}
date = 1979-05-27 07:32:00
time = 1979-05-27T07:32:00Z
flag = true
float = 6.5e3
[tool.flopcount]
convention = "macs"
[[tool.flopcount.models]]
path = "a.yaml"
[tool.flopcount.models.budget]
params = "5M"
"bytes:int8" = "5MiB"
[[tool.flopcount.models]]
path = "b.yaml"
budget = { params = { max = 3, level = "warn" } }
[ spaced . out ]
x = 0x1F
"""


def plain(node: Any, text: str) -> Any:
    """What a node holds; a scalar is read by tomllib from the characters that its marks enclose."""
    if type(node) is ScalarNode:
        return tomllib.loads(f"x = {text[node.start_mark.index : node.end_mark.index]}")["x"]
    if type(node) is MappingNode:
        return {key.value: plain(value, text) for key, value in node.value}
    return [plain(item, text) for item in node.value]


def test_a_tricky_file_reads_as_tomllib_reads_it() -> None:
    assert plain(compose(TRICKY, "x.toml"), TRICKY) == tomllib.loads(TRICKY)


def test_with_windows_line_ends() -> None:
    text = TRICKY.replace("\n", "\r\n")
    assert plain(compose(text, "x.toml"), text) == tomllib.loads(text)


def test_the_project_s_own_file() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert plain(compose(text, "pyproject.toml"), text) == tomllib.loads(text)


TEXTS = st.text(st.sampled_from(string.ascii_letters + " #[]{}=,.'é\\"), max_size=8)
VALUES = st.recursive(
    st.integers(0, 2**40) | st.booleans() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[ {', '.join(map(toml, value))} ]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{quoted(key)} = {toml(item)}' for key, item in value.items())} }}"
    return str(value)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=3))
def test_any_file_reads_as_tomllib_reads_it(top: dict[str, Any], tables: list[dict[str, Any]]) -> None:
    lines = [f"{quoted(key)} = {toml(value)} # end" for key, value in top.items()]
    for table in tables:
        lines += ["[[new-array]]", *(f"{quoted(key)} = {toml(value)}" for key, value in table.items())]
    text = "\n".join(lines)
    assert plain(compose(text, "x.toml"), text) == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb 2\n", "error: x.toml:2:3\n  this is not TOML: expected '=' after a key in a key/value pair"),
        ("a = 1\na = 2\n", "error: x.toml:2:6\n  this is not TOML: cannot overwrite a value"),
        ("a = [1,\n", "error: x.toml:2:1\n  this is not TOML: invalid value"),
    ],
)
def test_what_is_not_toml_is_placed(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose(text, "x.toml")
    assert str(caught.value) == message


def test_a_place_is_line_and_column() -> None:
    (_, value) = compose('a = 1\n  bc = "x"', "x.toml").value[1]
    assert (value.start_mark.line, value.start_mark.column, value.style) == (1, 7, '"')


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"nested too deep|this is not TOML"):
        compose("a = " + "[" * 100_000, "x.toml")
