from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.readers.spec.budget import Budget
from flopcount.readers.spec.copies import copies
from flopcount.readers.spec.document import compose
from flopcount.readers.spec.parse import BodyParser

from .networks import alike, layers, names


def variables(modifiers: str, **env: Any) -> list[dict[str, Any]]:
    (entry,) = BodyParser("net.yaml", {}).body(compose(f"- relu:\n  {modifiers}", "net.yaml"))
    return list(copies("net.yaml", entry, env, Budget("net.yaml")))


@pytest.mark.parametrize(
    ("modifiers", "expected"),
    [
        ("repeat: 2", [{}, {}]),
        ("repeat: 0", []),
        ("repeat: n as i", [{"i": 0}, {"i": 1}, {"i": 2}]),
        ("repeat: n - 1 as i", [{"i": 0}, {"i": 1}]),
        ("repeat: 4/2", [{}, {}]),
        ("each: {}", [{}]),
        ("each: {c: []}", []),
        ("each: {c: [5, 6]}", [{"c": 5}, {"c": 6}]),
        ("each: {c: list, s: [1, 2]}", [{"c": 7, "s": 1}, {"c": 8, "s": 2}]),
        ("each: {c s: [[5, 1], [6, 2]]}", [{"c": 5, "s": 1}, {"c": 6, "s": 2}]),
        ("each: {'c, s': [[5, 1]], k: [3]}", [{"c": 5, "s": 1, "k": 3}]),
        ("each: {c: 'range(3)'}", [{"c": 0}, {"c": 1}, {"c": 2}]),
        ("each: {c: [5, 6]}\n  repeat: 2 as i", [{"c": c, "i": i} for c in (5, 6) for i in (0, 1)]),
        ("each: {t: [2, 1]}\n  repeat: t as i", [{"t": 2, "i": 0}, {"t": 2, "i": 1}, {"t": 1, "i": 0}]),
    ],
)
def test_variables_of_each_copy(modifiers: str, expected: list[dict[str, Any]]) -> None:
    assert variables(modifiers, n=3, list=[7, 8]) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("- relu: {repeat: 3}", ["relu1", "relu2", "relu3"]),
        ("- relu: {repeat: 2, name: act}", ["act.0", "act.1"]),
        ("- relu: {repeat: 2 as i, name: 'act{i + 1}'}", ["act1", "act2"]),
        ("- relu: {repeat: 1, name: act}", ["act.0"]),
        ("- layers: [relu, bn]\n  repeat: 2", ["relu1", "bn1", "relu2", "bn2"]),
        ("- layers: [relu, bn]\n  repeat: 2\n  name: g", ["g.0.relu1", "g.0.bn1", "g.1.relu1", "g.1.bn1"]),
        ("- relu: {repeat: 4 as i, when: i % 2 == 1, name: 'a{i}'}", ["a1", "a3"]),
        ("- relu: {repeat: 3, name: a}\n- bn: {from: a}\n- bn: {from: a.0}", ["a.0", "a.1", "a.2", "bn1", "bn2"]),
    ],
)
def test_names_of_copies(entry: str, expected: list[str]) -> None:
    assert names(layers(entry)) == expected


def test_a_name_alone_is_the_last_copy() -> None:
    graph = layers("- linear: {out: 2 + i, repeat: 3 as i, name: a}\n- relu: {from: a}\n- relu: {from: a.1}")
    assert [node.inputs[0].name for node in graph.nodes[-2:]] == ["a.2", "a.1"]


def test_copies_read_one_another() -> None:
    graph = layers("- linear: {out: input.features + 1, repeat: 3}")
    assert [node.outputs[0].shape[-1] for node in graph.nodes] == [9, 10, 11]


rows = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=4)


@given(rows, st.integers(0, 3), st.sampled_from(["linear", "unit", "layers", "branches"]))
def test_copies_are_as_if_written_out(pairs: list[tuple[int, int]], times: int, kind: str) -> None:
    head = "input: [3]\nblocks: {unit: {args: [out, n], layers: [{linear: out}, {layers: [relu], repeat: n}]}}"
    bodies = {
        "linear": "linear: {c} + {i}",
        "unit": "unit: {{out: {c}, n: {k}}}",
        "layers": "layers: [{{linear: {c}}}, {{linear: {k} + {i}}}]",
        "branches": "branches: [[{{linear: {c}}}], [{{linear: {k}}}, {{linear: {c}}}]]\n  join: add",
    }
    body = f"- {bodies[kind]}"
    walked = body.format(c="c", k="k", i="i") + f"\n  each: {{c k: {[list(pair) for pair in pairs]}}}"
    written = "\n".join(body.format(c=c, k=k, i=i) for c, k in pairs for i in range(times))
    assert alike(layers(f"{walked}\n  repeat: {times} as i\n", head)) == alike(layers(f"{written or '[]'}\n", head))
