from __future__ import annotations

from flopcount.graph import Tensor
from flopcount.readers.spec.frame import Frame, candidates

INNER, OUTER = (Tensor("inner", (1,)),), (Tensor("outer", (1,)),)


def test_names_are_sought_from_the_inside_out() -> None:
    frame = Frame(names={"a": OUTER, "main.a": INNER, "main.deep.b": INNER})
    assert frame.find("a", "") is OUTER
    assert frame.find("a", "main.") is INNER
    assert frame.find("a", "main.deep.") is INNER
    assert frame.find("a", "skip.") is OUTER
    assert frame.find("b", "main.") is None
    assert frame.find("deep.b", "main.") is INNER
    assert frame.find("main.deep.b", "skip.") is INNER


def test_a_weight_is_sought_from_the_inside_out_or_at_the_top() -> None:
    assert [*candidates("a.weight", "b")] == ["a.weight"]
    assert [*candidates("a.weight", "m.n.b")] == ["m.n.a.weight", "m.a.weight", "a.weight"]
    assert [*candidates(".a.weight", "m.n.b")] == ["a.weight"]


def test_each_kind_and_scope_counts_for_itself() -> None:
    frame = Frame()
    asked = [("conv", ""), ("bn", ""), ("conv", ""), ("conv", "main."), ("conv", "")]
    assert [frame.number(*kind) for kind in asked] == ["conv1", "bn1", "conv2", "conv1", "conv3"]


def test_a_number_that_is_taken_is_stepped_over() -> None:
    frame = Frame(names={"conv1": OUTER, "main.conv2": OUTER})
    assert [frame.number("conv", "") for _ in range(2)] == ["conv2", "conv3"]
    assert [frame.number("conv", "main.") for _ in range(2)] == ["conv1", "conv3"]
