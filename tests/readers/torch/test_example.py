from __future__ import annotations

from typing import Any

import torch
from torch import nn

from flopcount.readers.torch.example import Example, made_by, of_sizes, parameters, takes_any_name
from tests.readers.torch import networks


class Free(nn.Module):
    """Arguments of any name."""

    def forward(self, first: Any, *rest: Any, **options: Any) -> Any:
        return first


def test_sizes_become_arguments_in_order_and_by_name() -> None:
    model = Free().half()
    call = of_sizes(model, [("", ((3,), None)), ("", ((4,), "int64")), ("mask", ((5,), "bool"))], batch=2)
    assert [tuple(arg.shape) for arg in call.args] == [(2, 3), (2, 4)]
    assert (call.args[1].dtype, call.kwargs["mask"].dtype) == (torch.int64, torch.bool)
    assert call.names == ["first", "input_2", "mask"]
    assert (parameters(model), takes_any_name(model)) == (["first"], True)
    assert {arg.device.type for arg in (*call.args, call.kwargs["mask"])} == {"meta"}


def test_inputs_have_the_type_of_the_weights() -> None:
    call = of_sizes(networks.Small().bfloat16(), [("", ((3, 8, 8), None))], batch=None)
    assert (call.args[0].dtype, tuple(call.args[0].shape), call.batch) == (torch.bfloat16, (3, 8, 8), None)


def test_what_a_function_makes_has_names_and_loses_its_fractions() -> None:
    call = made_by(networks.Two(), "tests.readers.torch.networks:by_name")
    assert call.names == ["left", "right"]
    assert {tensor.device.type for tensor in call.kwargs.values()} == {"meta"}


def test_with_and_without_numbers() -> None:
    call = Example(([torch.ones(2), torch.arange(3)],), {"flag": True}, ["x_0", "x_1"])
    bare = call.without_numbers()
    assert [tensor.device.type for tensor in bare.args[0]] == ["meta", "cpu"]
    again = bare.with_numbers()
    assert again.args[0][0].shape == (2,)
    assert again.args[0][1].tolist() == [0, 1, 2]
    assert again.kwargs == {"flag": True}
