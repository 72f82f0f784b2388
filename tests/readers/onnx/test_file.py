"""Files that are models, that are none, and that only stand for one."""

from __future__ import annotations

from pathlib import Path

import pytest

import flopcount
from flopcount.errors import FlopcountError
from flopcount.readers.onnx import is_model
from flopcount.readers.onnx.file import mapped

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 97446\n"


WEIGHTS = """error: {path}
  it holds a model's weights, which are not needed
  hint: name the model itself: net.onnx"""


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("net.onnx", b"", "error: {path}\n  the file is empty"),
        ("net.onnx", POINTER, "error: {path}\n  it is Git's pointer to the model\n  hint: fetch it: git lfs pull"),
        (
            "net.onnx.data",
            b"\xc1\x00",
            WEIGHTS,
        ),
        (
            "net.onnx_data",
            b"",
            WEIGHTS,
        ),
        (
            "net.onnx",
            b"name: net\n",
            "error: {path}\n  wire type 6 (at byte 0)\n  hint: the file is damaged, cut",
        ),
    ],
)
def test_what_is_no_model_says_so(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FlopcountError) as caught:
        flopcount.analyze(path)
    assert str(caught.value).startswith(message.format(path=path))


def test_a_directory_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "net.onnx"
    folder.mkdir()
    for path, reason in ((folder, "Is a directory"), (tmp_path / "none.onnx", "No such file or directory")):
        with pytest.raises(FlopcountError) as caught:
            flopcount.analyze(path)
        assert str(caught.value) == f"error: cannot read '{path}': {reason}"


def test_weights_beside_a_model_are_known_by_their_names(tmp_path: Path) -> None:
    assert is_model(tmp_path / "net.onnx_data")
    assert not is_model(tmp_path / "net.yaml")
    assert not is_model(tmp_path / "onnx.data")


def test_bytes_are_mapped_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x08\x07")
    with mapped(str(path)) as data:
        assert bytes(data[:2]) == b"\x08\x07"
    with pytest.raises(ValueError, match="mmap closed"):
        data[0]
