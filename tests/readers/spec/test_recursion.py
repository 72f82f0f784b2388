from __future__ import annotations

import pytest

from flopcount.errors import SpecError
from flopcount.readers.spec.file import parse_spec
from flopcount.readers.spec.recursion import refuse_recursion


def circle(blocks: str) -> str | None:
    spec = parse_spec(f"input: [3]\nlayers: [relu]\nblocks: {blocks}\n", "net.yaml")
    try:
        refuse_recursion(spec)
    except SpecError as error:
        return error.what
    return None


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ("{a: [a]}", "a → a"),
        ("{a: [relu, b], b: [relu, a]}", "a → b → a"),
        ("{a: [b], b: [c], c: [b]}", "b → c → b"),
        ("{a: [{layers: [{layers: [a]}]}]}", "a → a"),
        ("{a: [{branches: {main: [relu], skip: [a]}, join: add}]}", "a → a"),
        ("{a: [{a: , when: 1 > 2}]}", "a → a"),
    ],
)
def test_circles(blocks: str, path: str) -> None:
    assert circle(blocks) == f"blocks use each other in a circle: {path}"


@pytest.mark.parametrize(
    "blocks",
    ["{}", "{a: [b, b], b: [c, c], c: [relu]}", "{d: [a, c], a: [b], b: [c], c: []}"],
)
def test_blocks_may_be_shared(blocks: str) -> None:
    assert circle(blocks) is None


def test_a_lattice_of_blocks_is_walked_once() -> None:
    blocks = "\n".join(f"  b{i}: [b{i + 1}, b{i + 1}]" for i in range(90))
    assert circle(f"\n{blocks}\n  b90: [relu]") is None
