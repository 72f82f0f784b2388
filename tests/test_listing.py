from __future__ import annotations

import pytest

from flopcount.errors import UsageError
from flopcount.listing import FURTHER, LISTINGS, listing
from flopcount.ops import OPS
from flopcount.sources import shipped_names


@pytest.mark.parametrize("kind", LISTINGS)
def test_data_and_table_hold_the_same(kind: str) -> None:
    document = listing(kind)
    for name, table in zip((kind, *FURTHER.get(kind, ())), document.tables, strict=True):
        records = document.data()[name]
        assert isinstance(records, list)
        assert [tuple(record.values()) for record in records] == list(table.rows)
        assert table.rows


def test_nothing_is_forgotten() -> None:
    assert sorted(str(row[0]) for row in listing("specs").tables[0].rows) == sorted(shipped_names())
    assert {str(row[1]) for row in listing("ops").tables[0].rows} == {*OPS}


def test_unknown_list() -> None:
    with pytest.raises(UsageError, match="there is no list of 'spec'") as caught:
        listing("spec")
    assert caught.value.hint == "did you mean 'specs'?"
