from __future__ import annotations

from typing import Any, ClassVar

import pytest

from flopcount.formula.lift import lift
from flopcount.op import Op
from flopcount.ops.conv import Conv
from flopcount.ops.linear import Linear
from flopcount.ops.pool import GlobalAvgPool


def probe(text: str, **letters: str) -> Op:
    class Probe(Op, frozen=True, kw_only=True):
        size: Any = 3
        signature: ClassVar = text

        def infer(self, *x: Any) -> Any:
            return x[0]

    Probe.letters = letters
    return Probe()


def shown(shape: tuple[Any, ...]) -> str:
    return " ".join(map(str, shape))


@pytest.mark.parametrize(
    ("signature", "shape", "letters"),
    [
        ("N D1 *1 -> ...", (2, 3, 8), "N D1 L1"),
        ("N D1 *1 -> ...", (2, 3, 8, 9), "N D1 H1 W1"),
        ("N D1 *1 -> ...", (2, 3, 7, 8, 9), "N D1 T1 H1 W1"),
        ("N D1 *1 -> ...", (2, 3), "N D1"),
        ("... D1 -> ...", (2, 3), "N D1"),
        ("... D1 -> ...", (2, 4, 3), "N T D1"),
        ("... D1 -> ...", (2, 8, 9, 3), "N H W D1"),
        ("... D1 -> ...", (2, 4, 5, 6, 3), "N A B C D1"),
        ("... D1 -> ...", (3,), "D1"),
        ("... -> ...", (2, 3), "N D"),
        ("... -> ...", (2, 4, 3), "N T D"),
        ("... -> ...", (2, 3, 8, 9), "N C H W"),
        ("... -> ...", (2, 3, 4, 5, 6, 7), "N A B C D E"),
        ("... -> ...", (), ""),
        ("N 4 D -> ...", (2, 4, 3), "N 4 D"),
        ("N T D -> ...", (2, 3), "a b"),
        ("N D1 *1 -> ...", (2,), "a"),
        ("N D1 *1 -> ...", (2, 3, 4, 5, 6, 7), "a b c d e f"),
        ("N *1 *2 -> ...", (2, 3, 4), "a b c"),
        ("-> ...", (2, 3), "a b"),
    ],
)
def test_every_rank_gets_letters(signature: str, shape: tuple[int, ...], letters: str) -> None:
    assert shown(lift(probe(signature), [shape], [shape]).inputs[0]) == letters


def test_a_batch_of_one_has_no_letter() -> None:
    assert shown(lift(probe("N D -> N D"), [(1, 1)], [(1, 1)]).inputs[0]) == "1 D"


def test_the_same_letter_with_another_value_gets_a_prime() -> None:
    lifted = lift(probe("... -> ..."), [(8, 64, 8, 8), (8, 64, 1, 8), (4, 64, 8, 8)], [(8, 64, 8, 8)])
    assert [shown(shape) for shape in lifted.inputs] == ["N C H W", "N C H′ W", "N′ C H W"]


@pytest.mark.parametrize(
    ("kernel", "letters"),
    [
        (3, "F"),
        ((3, 3), "F F"),
        ((3, 5), "Fh Fw"),
        ((1, 3, 3), "F1 F2 F3"),
        (((1, 2), (1, 2)), "F1 F2 F1 F2"),
        (((1, 1), (2, 2)), "Fh Fh Fw Fw"),
        (((0, 1), (2, 3)), "Fh1 Fh2 Fw1 Fw2"),
        ("same", "same"),
        (None, "None"),
        (True, "True"),
    ],
)
def test_fields_per_axis_share_a_letter_where_they_are_equal(kernel: Any, letters: str) -> None:
    op = type(probe("... -> ...", size="F"))(size=kernel)
    value: Any = lift(op, [(1,)], [(1,)]).op.size  # type: ignore[attr-defined]
    while isinstance(value, tuple) and isinstance(value[0], tuple):
        value = sum(value, ())
    assert (shown(value) if isinstance(value, tuple) else str(value)) == letters


@pytest.mark.parametrize(("groups", "weight"), [(1, "D2 D1 F F"), (2, "D2 D1/g F F")])
def test_groups_of_one_vanish(groups: int, weight: str) -> None:
    lifted = lift(Conv(out=4, kernel=3, groups=groups), [(1, 4, 8, 8)], [(1, 4, 6, 6)])
    assert shown(lifted.op.weights(*lifted.inputs)["weight"]) == weight


def test_an_output_axis_that_is_always_one_has_no_letter() -> None:
    assert shown(lift(GlobalAvgPool(), [(2, 64, 7, 7)], [(2, 64, 1, 1)]).outputs[0]) == "N D 1 1"


def test_letters_say_what_they_mean() -> None:
    lifted = lift(Linear(out=10), [(2, 7, 5)], [(2, 7, 10)])
    assert [(each.letter, each.meaning, each.value) for each in lifted.letters] == [
        ("N", "batch", 2),
        ("T", "positions", 7),
        ("D1", "input channels", 5),
        ("D2", "output channels", 10),
    ]
    odd = lift(probe("N Q, N R -> N Q"), [(1, 6), (1, 8)], [(1, 6)])
    assert [each.meaning for each in odd.letters] == ["axis 1 of the input 1", "axis 1 of the input 2"]
