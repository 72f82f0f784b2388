from __future__ import annotations

import re

from flopcount.renderers.latex import escape, render
from tests.renderers.documents import DOCUMENT


def test_every_row_has_every_cell_whatever_a_name_holds() -> None:
    rows = [line for line in render(DOCUMENT).splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {4}


def test_special_characters() -> None:
    assert escape(r"\_{}%$#&~^") == r"\textbackslash{}\_\{\}\%\$\#\&\textasciitilde{}\textasciicircum{}"
