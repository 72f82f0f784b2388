"""Pairs are disjoint, and found in the order in which the layers stand."""

from __future__ import annotations

import pytest

from flopcount.comparing.pairing import Matching, Side
from flopcount.engine import count
from flopcount.errors import UsageError
from tests.samples import Sample


def side(*names: str) -> Side:
    b = Sample("net")
    x = b.input("image", (1, 8))
    for name in names:
        x = b.then(x, "relu", name)
    return Side(count(b.build([x])))


def matching(before: str, after: str) -> Matching:
    """Two networks whose layers are single letters."""
    return Matching(side(*before), side(*after))


def found(one: Matching) -> list[tuple[str, str]]:
    def letters(layers: Side, places: object) -> str:
        return "".join(layers.names[place] for place in places)  # type: ignore[attr-defined]

    return [(letters(one.before, old), letters(one.after, new)) for old, new in one.found]


def test_layers_for_which_the_same_one_stands_are_one_pair() -> None:
    one = matching("abcd", "xyz")
    one.take({"a": ["x"], "b": ["x", "y"], "c": ["z"]})
    assert found(one) == [("ab", "xy"), ("c", "z")]
    assert [*one.before.free] == [3]
    assert not one.after.free


def test_what_is_known_to_be_gone_has_no_partner() -> None:
    one = matching("ab", "x")
    one.take({"a": []})
    assert found(one) == [("a", "")]


def test_a_layer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="net has no layer 'z' to match"):
        matching("ab", "x").take({"z": ["x"]})


@pytest.mark.parametrize(("from_end", "pairs"), [(False, [("a", "x"), ("b", "y")]), (True, [("c", "y"), ("b", "x")])])
def test_equal_keys_are_paired_in_order_from_either_end(from_end: bool, pairs: list[tuple[str, str]]) -> None:
    one = matching("abc", "xy")
    one.pair_up(lambda network, place: "all", from_end=from_end)
    assert found(one) == pairs


def test_if_as_many_pairs_all_of_a_key_or_none() -> None:
    one = matching("abc", "xy")
    one.pair_up(lambda network, place: "all", if_as_many=True)
    assert not one.found
    one.pair_up(lambda network, place: None if place == 2 else "all", if_as_many=True)
    assert found(one) == [("a", "x"), ("b", "y")]


def test_a_scope_so_many_modules_further_out() -> None:
    network = side("net.stage.block.relu")
    assert [network.scope(0, outward) for outward in range(4)] == ["net.stage.block", "net.stage", "net", ""]
