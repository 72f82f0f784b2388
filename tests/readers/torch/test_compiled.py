"""Torchvision that was not built for the torch that is installed: a count needs none of what it compiles."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from flopcount.readers.torch.compiled import SCHEMAS, import_any

BROKEN = """\
import torch
from torch import library
if not hasattr(torch.ops.torchvision, "nms"):
    raise RuntimeError("operator torchvision::nms does not exist")
library.register_fake("torchvision::nms")(lambda dets, scores, threshold: dets)
"""


def run(code: str, *folders: Path) -> str:
    """What a process prints that finds modules in these folders first."""
    paths = "".join(f"sys.path.insert(0, {str(folder)!r}); " for folder in folders)
    done = subprocess.run([sys.executable, "-c", f"import sys; {paths}{code}"], capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_module_without_torchvision_is_imported_as_it_is() -> None:
    assert import_any("json") is import_module("json")
    with pytest.raises(ModuleNotFoundError, match="No module named 'nowhere'"):
        import_any("nowhere")


def test_what_fails_for_another_reason_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_model.py").write_text("raise RuntimeError('no such file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="no such file"):
        import_any("failing_model")


def test_operators_that_are_missing_are_known_by_their_schemas(tmp_path: Path) -> None:
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(BROKEN)
    (tmp_path / "users.py").write_text("import torchvision\nname = 'imported'\n")
    code = "from flopcount.readers.torch.compiled import import_any; print(import_any('users').name)"
    assert run(code, tmp_path).splitlines()[-1] == "imported"
    assert "operator torchvision::nms does not exist" in run("import users", tmp_path)


def test_the_schemas_are_torchvisions_own() -> None:
    """Every operator for which torchvision states shapes is named, with arguments that it takes."""
    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        pytest.skip("torchvision is not installed")
    registered = (Path(spec.origin).parent / "_meta_registrations.py").read_text()
    names = {schema.partition("(")[0] for schema in SCHEMAS}
    for name in names - {"nms", "qnms"}:
        assert f'"{name}"' in registered


@pytest.mark.parametrize("source", ["torchvision:squeezenet1_1", "timm:test_vit"])
def test_the_command_reads_models_that_import_torchvision(source: str) -> None:
    library = source.partition(":")[0]
    if find_spec(library) is None or find_spec("torchvision") is None:
        pytest.skip(f"{library} is not installed")
    shown = run(f"from flopcount.__main__ import main; sys.argv = ['flopcount', 'report', '{source}']; main()")
    assert f"{source.partition(':')[2]}\n" in shown
    assert "FLOPs by the convention 'lecture'" in shown
