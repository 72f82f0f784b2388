from __future__ import annotations

from flopcount.renderers.markdown import render
from tests.renderers.documents import DOCUMENT


def test_every_row_has_every_cell_whatever_a_name_holds() -> None:
    rows = [line for line in render(DOCUMENT).splitlines() if line.startswith("|")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {6}
    assert rows[1] == "| :--- | :--- | ---: | ---: | ---: |"
