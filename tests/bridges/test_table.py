from __future__ import annotations

import pytest

from flopcount.api import analyze
from flopcount.bridges.bridge import bridge
from flopcount.bridges.table import bridge_data, bridge_document, cause_table, layer_table
from flopcount.conventions import CONVENTIONS
from flopcount.table import AtLeast, Difference


def total(cell: object) -> int:
    return cell.value if isinstance(cell, Difference | AtLeast) else int(str(cell or 0))


@pytest.mark.parametrize(("before", "after"), [("macs", "thop"), ("torch", "ptflops"), ("arithmetic", "xla")])
def test_rows_sum_to_the_last(before: str, after: str) -> None:
    table = cause_table(bridge(analyze("vit_b_16"), CONVENTIONS[before], CONVENTIONS[after]))
    place = [column.key for column in table.columns].index("count")
    assert sum(total(row[place]) for row in table.rows) == total(table.totals[0][place])


def test_layers_sum_to_the_total() -> None:
    table = layer_table(bridge(analyze("resnet50"), CONVENTIONS["macs"], CONVENTIONS["ptflops"]))
    rows = (*table.rows, *table.totals[:-1])
    for place in (2, 3, 4):
        assert sum(total(row[place]) for row in rows) == total(table.totals[-1][place])


def test_an_error_is_marked_and_said() -> None:
    table = cause_table(bridge(analyze("vit_b_16"), CONVENTIONS["macs"], CONVENTIONS["thop"]))
    assert table.columns[-1].key == "error_of"
    assert [row[-1] for row in table.rows] == ["", "thop", ""]
    assert "attention: a known error of thop: no product that is no module: attention, matrix products" in table.notes
    right = cause_table(bridge(analyze("resnet50"), CONVENTIONS["macs"], CONVENTIONS["thop"]))
    assert right.columns[-1].key == "count"


def test_what_one_does_not_know_makes_a_lower_bound() -> None:
    table = cause_table(bridge(analyze("resnet50"), CONVENTIONS["macs"], CONVENTIONS["xla"]))
    assert isinstance(table.totals[0][3], AtLeast)
    assert "what 120 layers cost is not known to both: the numbers are lower bounds" in table.notes


def test_data() -> None:
    found = bridge(analyze("resnet50"), CONVENTIONS["macs"], CONVENTIONS["thop"], "layer1")
    data = bridge_data(found, per_layer=True)
    assert (data["model"], data["part"], data["mode"]) == ("resnet50", "layer1", "eval")
    assert data["from"]["convention"]["name"] == "macs"
    assert data["to"]["count"] - data["from"]["count"] == data["difference"]
    assert sum(cause["difference"] for cause in data["causes"]) == data["difference"]
    assert sum(layer["after"] - layer["before"] for layer in data["layers"]) == data["difference"]
    assert "layers" not in bridge_data(found)
    assert bridge_document(found).data()["schema"] == "flopcount.bridge/1"


def test_the_title_names_the_part() -> None:
    found = bridge(analyze("alexnet"), CONVENTIONS["macs"], CONVENTIONS["torch"], "conv1")
    assert cause_table(found).title == "alexnet conv1: macs → torch"


def test_rows_of_data_say_why_and_how_many() -> None:
    found = bridge(analyze("resnet50"), CONVENTIONS["torch"], CONVENTIONS["ptflops"])
    (table,) = bridge_document(found).records
    columns = {column.key: [row[place] for row in table.rows] for place, column in enumerate(table.columns)}
    assert sum(map(total, columns["count"])) == found.end.value
    assert columns["why"][1:] == ["; ".join(cause.why) for cause in found.causes]
    assert all(columns["why"][1:-1])
    for row, difference in zip(table.rows[1:], columns["count"][1:], strict=True):
        many, before, after = map(total, row[2:5])
        assert many * (after - before) == difference
    (layers,) = bridge_document(found, per_layer=True).records
    assert layers.columns[-1].key == "why"
    assert sum(total(row[4]) for row in layers.rows) == found.end.value - found.start.value
    assert layers.rows[0][-1] == "a product and its addition: 2 FLOPs, 1 MAC"


def test_rows_of_data_leave_open_what_is_a_multiple_of_nothing() -> None:
    (table,) = bridge_document(bridge(analyze("resnet50"), CONVENTIONS["macs"], CONVENTIONS["tf"])).records
    assert any(row[2:5] == (None, None, None) and row[-1] for row in table.rows[1:])
