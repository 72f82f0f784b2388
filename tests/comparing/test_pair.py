from __future__ import annotations

from typing import Any

import pytest

from flopcount.comparing.matching import match
from flopcount.comparing.pair import Pair, arrow
from flopcount.engine import Layer, count
from tests.samples import Sample


def layer(tag: str, name: str = "x", *, size: int = 8, trainable: bool = True, **fields: Any) -> Layer:
    b = Sample("net")
    image = b.input("image", (1, 8, size, size))
    from flopcount.ops import find_op

    out = b.add(find_op(tag)(**fields), [image], name=name, trainable=trainable)
    return count(b.build(out)).layers[0]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (layer("relu"), layer("relu"), ()),
        (layer("relu", "a"), layer("relu", "b"), ()),
        (layer("relu"), layer("relu", size=9), ("input 1×8×8×8 → 1×8×9×9",)),
        (layer("relu"), layer("sigmoid"), ("relu → sigmoid",)),
        (layer("conv", out=4, kernel=3), layer("conv", out=6, kernel=(3, 1)), ("out 4 → 6", "kernel 3 → [3, 1]")),
        (
            layer("conv", out=4, kernel=3, bias=False),
            layer("conv", out=4, kernel=3, padding="same"),
            ("padding 0 → same", "bias false → true"),
        ),
        (layer("bn"), layer("bn", trainable=False), ("frozen",)),
        (layer("bn", trainable=False), layer("bn"), ("trainable",)),
    ],
)
def test_what_changed(old: Layer, new: Layer, changes: tuple[str, ...]) -> None:
    pair = Pair((old,), (new,), "changed")
    assert sorted(pair.changes) == sorted(changes)


def test_what_changed_into_several() -> None:
    deep, point = layer("conv", "x.deep", out=8, kernel=3, groups=8), layer("relu", "x.point")
    assert Pair((layer("relu"),), (deep, point), "changed").changes == ("relu → conv, relu",)
    assert Pair((), (deep,), "added").changes == Pair((deep,), (), "removed").changes == ()


def test_a_weight_that_is_shared_now() -> None:
    def head(tied: bool) -> Any:
        b = Sample("net")
        x = b.input("x", (1, 8))
        from flopcount.ops.linear import Linear

        (y,) = b.add(Linear(out=8), [x], name="a")
        weights = {"weight": b.nodes[0].weights[0]} if tied else {}
        return count(b.build(b.add(Linear(out=8), [y], name="b", tied=weights)))

    statuses = [(pair.status, pair.changes) for pair in match(head(False), head(True))]
    assert statuses == [("same", ()), ("changed", ("weights shared",))]
    assert match(head(True), head(False))[1].changes == ("weights its own",)


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [
        (["a"], ["a"], "a"),
        (["a.b"], ["a.c"], "a.{b → c}"),
        (["a.b.c"], ["a.b.d"], "a.b.{c → d}"),
        (["a.b.c"], ["a.d.c"], "a.{b → d}.c"),
        (["ab.c"], ["a.c"], "{ab → a}.c"),
        (["a"], ["b.a"], "a → b.a"),
        (["x.a.a"], ["x.a"], "x.{a.a → a}"),
        (["features.0"], ["conv1"], "features.0 → conv1"),
        (["a", "b"], ["ab"], "a, b → ab"),
        (["x.a"], ["x.b", "x.c", "x.d"], "x.{a → b … d}"),
        ([], ["b"], "b"),
        (["a"], [], "a"),
    ],
)
def test_labels(before: list[str], after: list[str], label: str) -> None:
    assert arrow(before, after) == label
