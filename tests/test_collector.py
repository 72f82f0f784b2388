from __future__ import annotations

import gc

import pytest

from flopcount.collector import paused


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(KeyError):
            _fails_while_paused()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was else gc.disable)()


def _fails_while_paused() -> None:
    with paused():
        assert not gc.isenabled()
        raise KeyError
