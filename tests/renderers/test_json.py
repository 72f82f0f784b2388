from __future__ import annotations

import json

from flopcount.renderers.json import render
from tests.renderers.documents import DOCUMENT


def test_integers_of_any_size_are_exact() -> None:
    text = render(DOCUMENT)
    assert json.loads(text) == {"exact": 2**70, "unknown": None}
    assert text.startswith('{\n  "exact": 1180591620717411303424')
