"""What the fields of a message may be, and how many of them there may be."""

from __future__ import annotations

import pytest

from flopcount.errors import SourceError
from flopcount.readers.onnx import reading
from flopcount.readers.onnx.messages import Parser
from flopcount.readers.onnx.wire import WireError
from tests.readers.onnx.models import model, node, value


def test_what_a_file_may_hold_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_NODES", 10)
    made = model([node("Relu", [f"x{i}"], [f"x{i + 1}"]) for i in range(50)], [value("x0", [1])], outputs=["x50"])
    with pytest.raises(SourceError, match="more than 40 nodes, attributes and tensors"):
        Parser(made.SerializeToString()).model()


def test_a_field_of_another_kind_is_refused_with_its_place() -> None:
    reader = reading.Reader(b"")
    with pytest.raises(WireError, match="wire type 0 where a message or text is due"):
        reader.span(0, 7)
    with pytest.raises(WireError, match="wire type 2 where an integer is due") as caught:
        reader.integer(2, (5, 9))
    assert caught.value.offset == 5
    with pytest.raises(WireError, match="wire type 2 where a 32-bit number is due"):
        reader.fixed(2, (5, 9))
