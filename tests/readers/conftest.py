from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from flopcount.readers.torch.compiled import import_any


@pytest.fixture(scope="session")
def torchvision() -> Any:
    """Torchvision, with or without its compiled operators."""
    pytest.importorskip("PIL")
    try:
        return import_any("torchvision")
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed")


@pytest.fixture(scope="session")
def timm(torchvision: Any) -> Any:
    """Timm, which imports torchvision."""
    return pytest.importorskip("timm")


@pytest.fixture(scope="session")
def transformers() -> Any:
    """Transformers, which imports torchvision where it is installed."""
    with suppress(ModuleNotFoundError):
        import_any("torchvision")
    return pytest.importorskip("transformers")
