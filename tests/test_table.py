from __future__ import annotations

import pytest

from flopcount.table import Column, Document, Kind


@pytest.mark.parametrize(
    ("kind", "numeric"), [("text", False), ("shape", False), ("count", True), ("share", True), ("bytes", True)]
)
def test_numbers_align_at_their_last_digit(kind: Kind, numeric: bool) -> None:
    assert Column("key", "title", kind).numeric is numeric


def test_a_document_may_have_no_data() -> None:
    assert Document(()).data() == {}
