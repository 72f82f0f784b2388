from __future__ import annotations

import sys

import pytest

from flopcount.errors import SourceError, UsageError
from flopcount.readers.torch.foreign import find_object, foreign_code, line_of
from tests.readers.torch import networks


def test_objects_by_name() -> None:
    assert find_object("tests.readers.torch.networks:Container.model") is networks.Container.model
    before = list(sys.path)
    with pytest.raises(SourceError, match="has no 'modle'"):
        find_object("tests.readers.torch.networks:Container.modle")
    assert sys.path == before


def test_foreign_errors_are_said_in_a_line_with_their_place() -> None:
    with pytest.raises(SourceError) as caught, foreign_code("net", hint="try again"):
        raise ValueError("first\nsecond")
    assert str(caught.value).splitlines() == [
        "error: net raised ValueError: first",
        f"  at: {__file__}:22",
        "  hint: try again",
    ]
    with pytest.raises(UsageError, match="ours"), foreign_code("net"):
        raise UsageError("ours")


def test_what_foreign_code_prints_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with foreign_code("net"):
        print("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_lines_are_those_of_the_user() -> None:
    with pytest.raises(SourceError) as caught:
        find_object("nowhere:x")
    assert line_of(caught.value).startswith(f"{__file__}:")
