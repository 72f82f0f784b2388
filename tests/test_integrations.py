"""The places where people already work, tried for real: pre-commit, and the action's steps by their own shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.budget.conftest import NET, commit, git

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "FLOPCOUNT_"))}
BIG = NET.replace("out: 10", "out: 500")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "net.yaml").write_text(NET)
    (folder / "flopcount.yaml").write_text("models: [{path: 'specs/*.yaml', budget: {params: 5K, macs: 20K}}]\n")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


def test_the_hooks_manifest_is_what_pre_commit_expects() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")], check=True,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0


def hook(repository: Path, identity: str) -> None:
    """Install a hook of the manifest as a local one, which needs no download."""
    (entry,) = [
        each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()) if each["id"] == identity
    ]
    local = {"repos": [{"repo": "local", "hooks": [{**entry, "language": "system"}]}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    git(repository, "add", "-A")
    pre_commit(repository, "install")


def environment(repository: Path) -> dict[str, str]:
    """The environment of somebody who has flopcount and pre-commit, and a home for the latter."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**OUTSIDE, "PATH": path, "PRE_COMMIT_HOME": str(repository.parent / "home")}


def pre_commit(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments], cwd=repository, capture_output=True, text=True, check=False,
        env=environment(repository),
    )  # fmt: skip


@pytest.mark.parametrize("identity", ["flopcount-check", "flopcount-specs"])
def test_a_commit_that_breaks_a_budget_is_stopped(repository: Path, identity: str) -> None:
    hook(repository, identity)
    commit_all = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-q", "-a", "-m", "change"]
    (repository / "specs" / "net.yaml").write_text(BIG)
    stopped = subprocess.run(
        commit_all, cwd=repository, env=environment(repository), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert stopped.returncode == 1
    assert "params 145 K is over the limit of 5.00 K by 140 K" in " ".join(stopped.stderr.split())
    (repository / "specs" / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    subprocess.run(commit_all, cwd=repository, env=environment(repository), capture_output=True, check=True)
    assert git(repository, "log", "--oneline").count("\n") == 2


def test_the_hook_from_its_own_repository(repository: Path, tmp_path: Path) -> None:
    """As users install it: pre-commit clones a repository that has the manifest, and installs it."""
    published = tmp_path / "published"
    published.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", published)
    manifest = (published / ".pre-commit-hooks.yaml").read_text().replace("language: python", "language: system")
    (published / ".pre-commit-hooks.yaml").write_text(manifest)
    git(published, "init", "-q")
    commit(published)
    revision = git(published, "rev-parse", "HEAD").strip()
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: {published}, rev: {revision}, hooks: [{{id: flopcount-check}}]}}]\n"
    )
    git(repository, "add", "-A")
    assert pre_commit(repository, "run", "--all-files").returncode == 0
    (repository / "specs" / "net.yaml").write_text(BIG)
    assert pre_commit(repository, "run", "--all-files").returncode == 1


def test_a_commit_of_a_spec_without_a_budget_passes(repository: Path) -> None:
    git(repository, "rm", "-q", "--cached", "flopcount.yaml")
    (repository / "flopcount.yaml").unlink()
    (repository / "specs" / "free.yaml").write_text(NET)
    (repository / "specs" / "held one.yaml").write_text(NET + "budget: {params: 4K}\n")
    hook(repository, "flopcount-specs")
    commit(repository)
    assert pre_commit(repository, "run", "--all-files").returncode == 0
    (repository / "specs" / "free.yaml").write_text(BIG)
    assert pre_commit(repository, "run", "--files", "specs/free.yaml").returncode == 0
    (repository / "specs" / "held one.yaml").write_text(BIG + "budget: {params: 4K}\n")
    held = pre_commit(repository, "run", "--files", "specs/free.yaml", "specs/held one.yaml")
    assert (held.returncode, "held one.yaml: params 145 K is over the limit of 4.00 K" in held.stdout) == (1, True)
    (repository / "specs" / "free.yaml").write_text("input: [3]\nlayers: [reul]\n")
    assert pre_commit(repository, "run", "--files", "specs/free.yaml").returncode == 1


@pytest.mark.slow
def test_the_hook_installed_by_pre_commit(repository: Path) -> None:
    """The same from this very repository: pre-commit clones it and makes an environment for it."""
    revision = git(ROOT, "rev-parse", "HEAD").strip()
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: '{ROOT}', rev: {revision}, hooks: [{{id: flopcount-check}}]}}]\n"
    )
    git(repository, "add", "-A")
    passed = pre_commit(repository, "run", "--all-files")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    (repository / "specs" / "net.yaml").write_text(BIG)
    assert pre_commit(repository, "run", "--all-files").returncode == 1


ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
INSTALL, CHECK = ACTION["runs"]["steps"]


def step(step: dict[str, Any], folder: Path, runner: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner does: its inputs in its environment, its own shell, its script in a file."""
    given = {name: str(known.get("default", "")) for name, known in ACTION["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], text)

    assert "${{" not in step["run"]  # an input in a script would be run
    assert step["shell"] == "bash"
    script = runner / "step.sh"
    script.write_text(step["run"])
    for name in ("output", "path", "summary"):
        (runner / name).touch()
    added = (runner / "path").read_text().splitlines()
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=folder / filled(step.get("working-directory", ".")), capture_output=True, text=True, check=False,
        env={
            **OUTSIDE, "PATH": os.pathsep.join([*added, str(BIN), os.environ["PATH"]]), "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(runner / "output"), "GITHUB_PATH": str(runner / "path"),
            "GITHUB_STEP_SUMMARY": str(runner / "summary"), "GITHUB_ACTION_PATH": str(ROOT),
            **{name: filled(value) for name, value in step["env"].items()},
        },
    )  # fmt: skip


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    folder = tmp_path / "runner"
    folder.mkdir()
    return folder


def outputs(runner: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())


def test_the_action_passes_and_fails(repository: Path, runner: Path) -> None:
    assert step(CHECK, repository, runner).returncode == 0
    assert outputs(runner)["status"] == "0"
    (runner / "output").unlink()
    (repository / "specs" / "net.yaml").write_text(BIG)
    failed = step(CHECK, repository, runner)
    assert failed.returncode == 1
    assert "\n::error file=specs/net.yaml,line=7,col=5,title=specs/net.yaml%3A params::" in failed.stdout
    told = outputs(runner)
    assert told["status"] == "1"
    assert Path(told["markdown"]).read_text().startswith("<!-- flopcount check -->\n### budgets: 2 over")
    assert '"schema": "flopcount.check/1"' in Path(told["json"]).read_text()
    assert "### budgets: 2 over" in (runner / "summary").read_text()


def test_the_action_s_inputs(repository: Path, runner: Path) -> None:
    git(repository, "checkout", "-q", "-b", "feature")
    (repository / "specs" / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    assert step(CHECK, repository, runner, base_ref="main", max_increase="2%").returncode == 1
    assert step(CHECK, repository, runner, base_ref="main", max_increase="20%").returncode == 0
    assert (
        step(CHECK, repository / "specs", runner, sources="net.yaml  *.yaml", arguments="--max-params\n4K\n").returncode
        == 0
    )
    inner = step(CHECK, repository, runner, working_directory="specs", sources="*.yaml", arguments="--max-params=1K")
    assert inner.returncode == 1
    assert "::error file=specs/net.yaml,line=7" in inner.stdout
    assert step(CHECK, repository, runner, config="gone.yaml").returncode == 2


def test_sources_of_the_action_with_spaces_stand_on_lines_of_their_own(repository: Path, runner: Path) -> None:
    for name in ("specs/my net.yaml", "specs/-b.yaml", "specs/c.yaml"):
        (repository / name).write_text(NET)
    for number, sources in enumerate(
        ("specs/my net.yaml\n", "specs/my net.yaml\n  \nspecs/-b.yaml\n", "specs/c.yaml specs/-b.yaml specs/net.yaml"),
        1,
    ):
        assert step(CHECK, repository, runner, sources=sources).returncode == 0
        models = json.loads(Path(outputs(runner)["json"]).read_text())["models"]
        assert len(models) == number
    assert step(CHECK, repository, runner, sources="specs/my net.yaml").returncode == 2
    assert step(CHECK, repository / "specs", runner, sources="-b.yaml", arguments="--max-params=4K").returncode == 0


def test_an_input_of_the_action_is_no_command(repository: Path, runner: Path) -> None:
    (repository / "flopcount.yaml").write_text("models: [{path: specs/net.yaml, budget: {params: 1}}]\n")
    evil = f'"; touch {runner}/evil; $(touch {runner}/evil) `touch {runner}/evil` #'
    for name in ("sources", "config", "baseline", "base_ref", "max_increase", "arguments"):
        assert step(CHECK, repository, runner, **{name: evil}).returncode in (1, 2)
    assert not (runner / "evil").exists()


@pytest.mark.slow
def test_the_action_installs_itself(repository: Path, runner: Path) -> None:
    installed = step(INSTALL, repository, runner, python=sys.executable)
    assert installed.returncode == 0, installed.stderr
    (added,) = (runner / "path").read_text().splitlines()
    assert (Path(added) / "flopcount").exists()
    assert step(CHECK, repository, runner).returncode == 0


def test_what_the_action_reads_and_gives_is_declared() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])
    given = set(re.findall(r"steps\.check\.outputs\.([\w-]+)", str(ACTION["outputs"])))
    assert given == set(ACTION["outputs"]) == {"status", "markdown", "json"}
