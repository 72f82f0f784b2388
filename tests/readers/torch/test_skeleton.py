from __future__ import annotations

from typing import Any

import pytest
import torch

from flopcount.readers.torch.skeleton import SMALL, DataDependentError, Skeleton


def test_large_tensors_have_no_memory_and_small_ones_have_numbers() -> None:
    with Skeleton():
        large, small = torch.zeros(SMALL + 1), torch.linspace(0, 1, 5)
        assert large.device.type == "meta"
        assert small.tolist() == [0, 0.25, 0.5, 0.75, 1]
        assert (small * 2).sum().item() == 5
        assert (large * small[0]).device.type == "meta"


def test_what_small_tensors_grow_to_has_no_memory() -> None:
    with Skeleton():
        row = torch.arange(SMALL)
        assert (row[:, None] * row).device.type == "meta"
        assert torch.ones(1).repeat(10**12).shape == (10**12,)


@pytest.mark.parametrize(
    "ask",
    [lambda x: x.item(), lambda x: bool(x > 0), lambda x: x.nonzero(), lambda x: x[x > 0], lambda x: float(x)],
)
def test_numbers_that_are_not_there_cannot_be_had(ask: Any) -> None:
    with Skeleton(), torch.inference_mode(), pytest.raises((DataDependentError, RuntimeError, NotImplementedError)):
        ask(torch.zeros(SMALL + 1).sum())


def test_a_small_tensor_that_numbers_unknown_were_written_into() -> None:
    with Skeleton(), torch.inference_mode():
        table = torch.zeros(4)
        table[1:] = torch.zeros(SMALL + 1)[:3]
        with pytest.raises(DataDependentError):
            table.sum().item()


def test_devices_do_not_matter() -> None:
    with Skeleton():
        large = torch.zeros(SMALL + 1, device="cpu")
        assert large.to("cpu").device.type == "meta"
        assert torch.ones(2, device=large.device).tolist() == [1, 1]


def test_for_real() -> None:
    with Skeleton(real=True):
        assert torch.ones(SMALL + 1).sum().item() == SMALL + 1
