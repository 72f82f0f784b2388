from __future__ import annotations

import pytest
import torch
from torch import nn

from flopcount.errors import SourceError
from flopcount.readers.torch.build import duplicate, prepared
from flopcount.readers.torch.origin import Origin
from tests.readers.torch import networks


def test_a_copy_shares_nothing_and_has_no_memory_for_weights() -> None:
    model = networks.Small()
    model.extra = model.fc  # a second name of one module
    copied = duplicate(model)
    theirs, ours = dict(model.named_parameters()), dict(copied.named_parameters())
    assert theirs.keys() == ours.keys()
    assert {weight.device.type for weight in ours.values()} == {"meta"}
    buffers = dict(model.named_buffers())
    assert all(tensor is not buffers[name] for name, tensor in copied.named_buffers())
    assert copied.extra is copied.fc


def test_a_real_copy_has_the_numbers() -> None:
    model = nn.Linear(3, 2)
    copied = duplicate(model, real=True)
    for ours, theirs in zip(copied.parameters(), model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
        assert ours is not theirs


def test_a_model_is_prepared_for_test_time() -> None:
    model = prepared("net", Origin("net", lambda: nn.Sequential(nn.Dropout(), nn.Linear(2**10, 2**10))))
    assert not any(module.training for module in model.modules())
    assert next(model.parameters()).device.type == "meta"
    with pytest.raises(SourceError, match="net makes no torch module, but something of type int"):
        prepared("net", Origin("net", lambda: 3))
