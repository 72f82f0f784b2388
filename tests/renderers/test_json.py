from __future__ import annotations

import json

from flopcount.renderers.json import render
from flopcount.table import Document
from tests.renderers.documents import DOCUMENT


def test_integers_of_any_size_are_exact() -> None:
    text = render(DOCUMENT)
    assert json.loads(text) == {"exact": 2**70, "unknown": None}
    assert text.startswith('{\n  "exact": 1180591620717411303424')


def test_a_name_that_is_not_utf_8() -> None:
    data = {"a\udcff": ["b\udcff", ("\N{GRINNING FACE}", 2**70, None)]}
    assert json.loads(render(Document((), lambda: data))) == {
        "a\N{REPLACEMENT CHARACTER}": ["b\N{REPLACEMENT CHARACTER}", ["\N{GRINNING FACE}", 2**70, None]],
    }  # fmt: skip
