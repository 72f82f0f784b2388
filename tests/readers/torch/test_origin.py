from __future__ import annotations

import pytest

from flopcount.errors import SourceError


def test_models_of_torchvision_are_found_by_name(torchvision: object) -> None:
    from flopcount.readers.torch import read

    with pytest.raises(SourceError, match="torchvision has no model 'resnet51'") as caught:
        read("torchvision:resnet51")
    assert "did you mean 'resnet" in str(caught.value)
