"""A node whose cost is not known has the outputs that its file declares, or is known to be free."""

from __future__ import annotations

from flopcount.readers.onnx.unread import Unread


def test_its_outputs_are_what_is_declared_and_its_work_unknown() -> None:
    op = Unread(kind="Magic", shapes=((1, 4), (2,)))
    assert op.infer((9,)) == [(1, 4), (2,)]
    assert op.work((9,), (1, 4), (2,)) is None
    assert op.dtype("int64", "float32") == "int64"
    assert op.dtype() is None


def test_what_only_moves_costs_nothing() -> None:
    assert Unread(kind="NonZero", shapes=((2, 3),), free=True).work((9,), (2, 3)) == ()
