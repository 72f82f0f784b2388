"""Golden files: what an output looked like when a person last agreed to it.

`FLOPCOUNT_GOLDEN=write python -m pytest` rewrites them; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

from flopcount import __version__

FOLDER = Path(__file__).parent


def assert_golden(name: str, text: str) -> None:
    """Compare a text with the golden file of this name; the version of flopcount stands there as VERSION."""
    text = text.replace(__version__, "VERSION")
    path = FOLDER / name
    if os.environ.get("FLOPCOUNT_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
