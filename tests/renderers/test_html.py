from __future__ import annotations

from html.parser import HTMLParser

from flopcount.renderers.html import render
from tests.renderers.documents import DOCUMENT


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.texts.append(data)


def test_well_formed_and_escaped() -> None:
    cells = Cells()
    cells.feed(render(DOCUMENT))
    assert cells.open == []
    assert cells.texts[:5] == ["layer", "output", "params", "weights", "share"]
    assert "a|b & <c> 50%_#$" in cells.texts


def test_colours_are_the_pages() -> None:
    assert "currentColor" in render(DOCUMENT)
    assert "#" not in render(DOCUMENT).replace("50%_#$", "").replace("&#", "")
