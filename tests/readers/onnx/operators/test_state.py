"""Linear attention, counted by running its recurrence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.readers.onnx.operators.state import RULES_OF_RENEWAL, LinearAttention
from tests.counting import Number, dot_product, performed, tallied
from tests.readers.onnx.models import graph_of, layers, model, node, value

N, T, H, G, D, V = 2, 5, 4, 2, 3, 6


def attend(update: str, past: bool, decays: int) -> None:
    """The operator's definition, for every batch and token."""
    for _ in range(N):
        states: list[Any] = [[[Number() for _ in range(V)] for _ in range(D)] if past else None for _ in range(G)]
        for _ in range(T):
            gates = [Number().special() for _ in range(decays)] if "gated" in update else []
            for g in range(G):
                states[g] = renewed(states[g], update, gates)
            for _ in range(H):
                for _ in range(V):
                    dot_product([Number()] * D, [Number()] * D) * Number()


def renewed(state: Any, update: str, gates: list[Number]) -> Any:
    old = state or [[Number() for _ in range(V)] for _ in range(D)]
    if gates:
        old = [[gates[0] * each for each in row] for row in old]
    v = [Number() for _ in range(V)]
    if "delta" in update:
        v = [Number() * (each - dot_product([Number()] * D, [Number()] * D)) for each in v]
    added = [[Number() * each for each in v] for _ in range(D)]
    return (
        added
        if state is None
        else [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(old, added, strict=True)]
    )


@pytest.mark.parametrize("update", RULES_OF_RENEWAL)
@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize("decays", [G, G * D])
def test_every_primitive_of_the_recurrence(update: str, past: bool, decays: int) -> None:
    op = LinearAttention(heads=H, kv_heads=G, update=update, past=past, decays=decays)  # type: ignore[arg-type]
    shapes = (N, T, H * D), (N, T, G * D), (N, T, G * V)
    with tallied() as done:
        attend(update, past, decays)
    assert performed(op.work(*shapes)) == done
    assert op.infer(*shapes) == [(N, T, H * V), (N, G, D, V)]


def made(inputs: list[str], **attributes: Any) -> Any:
    shapes = {"q": H * D, "k": G * D, "v": G * V, "decay": G, "beta": G}
    return model(
        [node("LinearAttention", inputs, ["y", "s"], name="mix", q_num_heads=H, kv_num_heads=G, **attributes)],
        [value(name, [N, T, size]) for name, size in shapes.items()], outputs=["y", "s"], opset=27,
    )  # fmt: skip


def test_the_operator_of_a_file(tmp_path: Path) -> None:
    graph = graph_of(made(["q", "k", "v", "", "decay", "beta"]), tmp_path)
    assert layers(graph) == [("mix", "linear_attention", (N, T, H * V))]
    assert [tensor.shape for tensor in graph.outputs] == [(N, T, H * V), (N, G, D, V)]
    assert count(graph).totals["macs"].value == N * T * D * V * (H + 2 * G)
    plain = graph_of(made(["q", "k", "v"], update_rule="linear"), tmp_path)
    assert count(plain).totals["macs"].value == N * T * D * V * (H + G)


def test_a_decay_that_is_missing_is_listed(tmp_path: Path) -> None:
    assert len(count(graph_of(made(["q", "k", "v"]), tmp_path)).uncounted) == 1


def test_heads_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(FlopcountError, match="queries, keys and values do not fit"):
        graph_of(made(["q", "v", "k"], update_rule="linear"), tmp_path)
