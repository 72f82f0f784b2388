from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from flopcount.readers.torch.aten import is_layer
from flopcount.readers.torch.record import Recorder, dtype_name, outputs_in, record
from flopcount.readers.torch.trace import Trace


def recorded(model: nn.Module, *shapes: tuple[int, ...]) -> Trace:
    args = [torch.empty(shape, device="meta") for shape in shapes]
    return record(model.eval(), args, {}, [f"x{i}" for i in range(len(args))])


def test_operators_as_the_model_calls_them() -> None:
    trace = recorded(nn.Sequential(nn.Linear(4, 3), nn.LSTM(3, 2)), (2, 5, 4))
    layers = [call for call in trace.calls if is_layer(call.operator)]
    assert [(call.target, call.scope.path) for call in layers] == [("aten.linear", "0"), ("aten.lstm", "1")]
    assert [value.name for value in trace.held][:3] == ["0.weight", "0.bias", "1.weight_ih_l0"]


def test_what_nobody_maps_is_seen_by_its_parts() -> None:
    targets = [call.target for call in recorded(nn.LSTMCell(4, 2), (5, 4)).calls]
    assert targets.count("aten.linear") == 2
    assert "aten.lstm_cell" not in targets


def test_scopes_say_which_module_is_one_layer() -> None:
    trace = recorded(nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU())), (3,))
    assert [(call.scope.path, call.scope.is_one_layer) for call in trace.calls] == [("0", True), ("1.0", True)]
    assert trace.called == {"", "0", "1", "1.0"}


class Writing(nn.Module):
    def forward(self, x: Any) -> Any:
        y = x * 2
        y[0] = x[1] + 1
        y.relu_()
        return y


def test_writing_in_place_makes_a_new_value() -> None:
    trace = recorded(Writing(), (2, 3))
    by_target = {call.target: call for call in trace.calls}
    written, relu = by_target["flopcount.written"], by_target["aten.relu_"]
    assert written.args[0] is by_target["aten.mul"].outputs[0]
    assert written.args[1] is by_target["aten.copy_"].outputs[0]
    assert relu.args == (written.outputs[0],)
    assert trace.outputs == [relu.outputs[0]]


class Unregistered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = [nn.Linear(3, 3)]

    def forward(self, x: Any) -> Any:
        return self.hidden[0](x)


def test_parameters_that_the_model_does_not_register() -> None:
    trace = recorded(Unregistered(), (2, 3))
    assert trace.held == []
    assert trace.notes == ["2 parameters are used that the model does not register: they are not counted"]


class Failing(nn.Module):
    def forward(self, x: Any) -> Any:
        raise KeyError("x")


def test_hooks_go_whatever_happens() -> None:
    with pytest.raises(KeyError):
        recorded(nn.Sequential(nn.ReLU(), Failing()), (3,))
    hooks = torch.nn.modules.module
    assert not hooks._global_forward_hooks
    assert not hooks._global_forward_pre_hooks


def test_places_are_lines_of_the_users_code() -> None:
    trace = recorded(nn.Sequential(Writing()), (2, 3))
    assert {call.where.rpartition(":")[0] for call in trace.calls} == {"tests/readers/torch/test_record.py"}


def test_outputs_in_whatever_wraps_them() -> None:
    class Wrapped:
        def __init__(self) -> None:
            self.logits, self.name = torch.ones(1), "x"

    assert [len(outputs_in(result)) for result in ({"a": [torch.ones(1)] * 2}, Wrapped(), None)] == [2, 1, 0]
    assert dtype_name(torch.bfloat16) == "bfloat16"


def test_tensors_keep_their_identity() -> None:
    recorder = Recorder(nn.ReLU())
    tensor = torch.ones(2)
    assert recorder.value(tensor) is recorder.value(tensor)
    assert recorder.value(torch.ones(2)) is not recorder.value(tensor)
