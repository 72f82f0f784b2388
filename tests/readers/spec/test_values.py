from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flopcount.errors import SpecError
from flopcount.graph import Tensor
from flopcount.readers.spec.document import compose
from flopcount.readers.spec.values import (
    InputView,
    evaluate,
    fill,
    read_identifier,
    read_names,
    read_template,
    read_value,
)


def node(text: str) -> Any:
    """The value of one key."""
    root: Any = compose(f"key: {text}", "net.yaml")
    return root.value[0][1]


def value(text: str, **env: Any) -> Any:
    return evaluate("net.yaml", read_value("net.yaml", node(text), ("same",)), env)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3), ("0.5", Fraction(1, 2)), ("true", True), ("~", None), ("", None), ("same", "same"),
        ("'same'", "same"), ("'3'", 3), ('"4*2"', 8), ("\"'word'\"", "word"), ("[1, [2, 3]]", [1, [2, 3]]),
        ("[]", []), ("'[1, 2]'", [1, 2]), ("n", 5), ("2*n", 10), ("[n, 2, [n + 1]]", [5, 2, [6]]),
        ("sizes", [7, 8]), ("'sizes[1]'", 8), ("n if n > 4 else 0", 5), ("'max(8, n)'", 8),
    ],
)  # fmt: skip
def test_values(text: str, expected: Any) -> None:
    result = value(text, n=5, sizes=[7, 8])
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "constant"), [("3", True), ("[1, 2]", True), ("same", True), ("n", False), ("[1, n]", False)]
)
def test_what_is_constant(text: str, constant: bool) -> None:
    assert read_value("net.yaml", node(text), ("same",)).is_constant is constant


@pytest.mark.parametrize("text", [".nan", ".inf", "1e999", "9" * 200, "[1, .nan]", "max(", "{a: 1}", "'a b'"])
def test_what_is_no_value_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        value(text)
    assert caught.value.where in ("net.yaml:1:6", "net.yaml:1:10")


@pytest.mark.parametrize("name", ["a", "_a1", "Out", "camelCase"])
def test_identifiers(name: str) -> None:
    assert read_identifier("net.yaml", node(name), "argument") == name


@pytest.mark.parametrize("name", ["1a", "a-b", "a.b", "a b", "é", "[a]", "~", "if", "not", "true", "input"])
def test_what_is_no_identifier(name: str) -> None:
    with pytest.raises(SpecError):
        read_identifier("net.yaml", node(name), "argument")


def test_names() -> None:
    assert read_names("net.yaml", node("a"), "outputs") == ("a",)
    assert read_names("net.yaml", node("[a, b]"), "outputs") == ("a", "b")
    with pytest.raises(SpecError, match="outputs names the same thing twice"):
        read_names("net.yaml", node("[a, a]"), "outputs")


@pytest.mark.parametrize(
    ("text", "name"),
    [("stem", "stem"), ("1", "1"), ("a-b.0", "a-b.0"), ("layer{i + 1}", "layer3"), ("'{i}.{2*i}'", "2.4"),
     ("\"{'a' if i == 2 else 'b'}x\"", "ax")],
)  # fmt: skip
def test_templates(text: str, name: str) -> None:
    assert fill("net.yaml", read_template("net.yaml", node(text), "name"), {"i": 2}) == name


@pytest.mark.parametrize("text", ["a b", ".a", "a.", "a..b", "'{i/4}'", "'{i'", "'{i +}'", "''", "'{unknown}'"])
def test_what_makes_no_layer_name(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        fill("net.yaml", read_template("net.yaml", node(text), "name"), {"i": 2})
    assert caught.value.where == "net.yaml:1:6"


def view(*shape: int, batched: bool = True) -> dict[str, Any]:
    return {"input": InputView((Tensor("x", shape),), batched)}


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ((9, 3, 6, 8), {"channels": 3, "height": 6, "width": 8, "length": 3, "features": 8, "rank": 3}),
        ((9, 128), {"channels": 128, "features": 128, "width": 128, "length": 128, "rank": 1}),
        ((9, 128, 64), {"channels": 128, "length": 128, "height": 128, "features": 64, "rank": 2}),
    ],
)
def test_what_a_layer_reads(shape: tuple[int, ...], attributes: dict[str, int]) -> None:
    assert {name: value(f"input.{name}", **view(*shape)) for name in attributes} == attributes
    assert value("input.shape", **view(*shape)) == list(shape[1:])
    assert value("input.shape", **view(*shape[1:], batched=False)) == list(shape[1:])


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("height", "input.height does not exist: the input has 1 axes"),
        ("chanels", "input has no 'chanels'"),
    ],
)
def test_what_an_input_does_not_have(attribute: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        value(f"input.{attribute}", **view(1, 3))
    assert caught.value.what == message
