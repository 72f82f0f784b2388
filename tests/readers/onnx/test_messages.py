"""Records against what the onnx package reads of the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from flopcount.readers.onnx import messages
from flopcount.readers.onnx.dtypes import DTYPES, dtype_of
from flopcount.readers.onnx.messages import Parser
from flopcount.readers.onnx.records import GraphRecord, Reference
from flopcount.readers.onnx.wire import WireError
from tests.readers.onnx.models import held, model, node, numbers, value

SHAPES = st.lists(st.integers(0, 4), max_size=3)


def parsed(made: Any) -> Any:
    data = made.SerializeToString()
    return Parser(data).model()


def test_every_element_type_has_a_name() -> None:
    codes = {name: code for name, code in TensorProto.DataType.items() if name not in ("UNDEFINED", "STRING")}
    assert {*codes.values()} == DTYPES.keys()
    for name, code in codes.items():
        ours = dtype_of(code)
        assert name.lower().startswith({"float32": "float", "float64": "double"}.get(ours, ours))
    assert dtype_of(TensorProto.STRING) == dtype_of(99) == "string"


def test_a_models_structure() -> None:
    branch = helper.make_graph([node("Relu", ["x"], ["t"])], "b", [], [value("t", None)])
    attributes: dict[str, Any] = {
        "i": 3, "f": 0.5, "s": "text", "ints": [1, -2], "floats": [0.5, 2.0], "strings": ["a", "b"], "g": branch,
        "t": numbers("t", [1, 2]),
    }  # fmt: skip
    made = model(
        [node("Op", ["x", "", "w"], ["y"], name="n", domain="own", **attributes)],
        [value("x", ["batch", 3, None])],
        held("w", (2, 3)),
        values=[value("y", [1, 2])],
    )
    record = parsed(made)
    assert record.opsets == {"": 21, "own": 1}
    (found,) = record.graph.nodes
    assert (found.op_type, found.domain, found.name, found.inputs, found.outputs) == (
        "Op", "own", "n", ("x", "", "w"), ("y",),
    )  # fmt: skip
    plain = {key: held for key, held in found.attributes.items() if key not in "gt"}
    assert plain == {"i": 3, "f": 0.5, "s": "text", "ints": (1, -2), "floats": (0.5, 2.0), "strings": ("a", "b")}
    assert isinstance(found.attributes["g"], GraphRecord)
    assert found.attributes["g"].nodes[0].op_type == "Relu"
    assert found.attributes["t"].shape == (2,)
    assert [(each.name, each.dtype, each.shape) for each in record.graph.inputs] == [
        ("x", "float32", ("batch", 3, None))
    ]
    assert record.graph.outputs[0].shape is None
    assert record.graph.values[0].shape == (1, 2)
    assert record.graph.initializers[0].shape == (2, 3)


def test_functions_and_their_attributes() -> None:
    inner = node("Flatten", ["a"], ["r"])
    reference = onnx.AttributeProto(name="axis", ref_attr_name="from", type=onnx.AttributeProto.INT)
    inner.attribute.append(reference)
    made = helper.make_function("own", "F", ["a"], ["r"], [inner], [helper.make_opsetid("", 18)], ["from"])
    record = parsed(model([node("F", ["x"], domain="own")], [value("x", [1])], functions=[made])).functions["own", "F"]
    assert (record.inputs, record.outputs, record.opsets) == (("a",), ("r",), {"": 18})
    assert record.nodes[0].attributes == {"axis": Reference("from")}


def test_sparse_initializers_have_the_shape_of_the_whole() -> None:
    made = model([node("Relu", ["x"])], [value("x", [1])])
    sparse = made.graph.sparse_initializer.add()
    sparse.values.CopyFrom(numpy_helper.from_array(np.ones(2, dtype=np.float32), "s"))
    sparse.dims.extend([30, 40])
    (record,) = parsed(made).graph.initializers
    assert (record.name, record.shape, record.dtype) == ("s", (30, 40), "float32")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x3a\x02\x08\x01", "wire type 0 where a message or text is due"),
        (b"\x3a\x06\x2a\x04\x0a\x02\x08\xff", "the file ends within a number"),
        (b"\x3a\x0e\x2a\x0c\x08" + b"\xff" * 9 + b"\x01\x10", "the file ends within a number"),
        (b"\x3a\x0d\x2a\x0b\x08" + b"\xff" * 9 + b"\x01", "a tensor with an axis of size -1"),
        (b"\x3a\x44\x2a\x42\x0a\x40" + b"\x01" * 64 + b"", "a field of 66 bytes"),
        (b"\x3a\x45\x2a\x43\x0a\x41" + b"\x01" * 65, "a tensor of more than 64 axes"),
        (b"\x3a\x08\x0a\x06\x2a\x04\x10\x01\x10\x01", "wire type 0 where a 32-bit number is due"),
        (b"\x3a\x08\x0a\x06\x2a\x04\x1a\x00\x1a\x00", "wire type 2 where an integer is due"),
    ],
)
def test_damage_within(data: bytes, what: str) -> None:
    if what == "a field of 66 bytes":
        Parser(data).model()  # sixty-four axes are still read
        return
    with pytest.raises(WireError) as caught:
        Parser(data).model()
    assert caught.value.what.startswith(what)


def test_a_list_in_an_attribute_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_LIST", 4)
    with pytest.raises(WireError, match="an attribute of more than 4 numbers"):
        parsed(model([node("Op", ["x"], floats=[1.0] * 9)], [value("x", [1])]))
