from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flopcount.verdict import decoded
from tests.budget.conftest import NET, folder  # noqa: F401 - a fixture
from tests.cli.conftest import Run

CONFIG = "models: [{path: net.yaml, budget: {params: 5K, macs: {max: 9K, level: warn}}}]\n"


@pytest.fixture(autouse=True)
def configured(folder: Path) -> Path:  # noqa: F811
    (folder / "flopcount.yaml").write_text(CONFIG)
    return folder


def test_within_with_a_warning(run: Run) -> None:
    result = run("check")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("budgets: 1 warned of, 1 limit kept\n")
    assert "note: net.yaml: macs 10.7 K is over the limit of 9.00 K by 1.66 K (+18.4 %)" in result.out


@pytest.mark.parametrize(
    ("option", "quantity", "status"),
    [
        ("--max-params", "3114", 0), ("--max-params", "3113", 1), ("--max-trainable-params", "3.113K", 1),
        ("--max-macs", "10 KMACs", 1), ("--max-activations", "297", 1), ("--max-activations", "298", 0),
        ("--max-weight-bytes", "12KiB", 1), ("--max-weight-bytes", "13KiB", 0), ("--max", "bytes:int4=1557", 0),
        ("--max", "bytes:int4=1556", 1), ("--max", "share=73%", 0), ("--max", "flops:torch=21312", 0),
        ("--max", "flops:torch = 21311", 1), ("--max-macs", "10 GFLOPs", 2), ("--max", "params", 2),
        ("--max", "x=1", 2), ("--max-flops", "1G", 2),
    ],
)  # fmt: skip
def test_limits_on_the_command_line(run: Run, option: str, quantity: str, status: int) -> None:
    result = run("check", "net.yaml", option, quantity)
    assert (result.status, bool(result.err)) == (status, status == 2)


@pytest.mark.parametrize("strict", [0, 1])
@pytest.mark.parametrize("options", [("--max-params", "--max-params"), ("--max-params", "--max"), ("--max", "--max")])
def test_of_two_limits_on_one_metric_both_are_held(run: Run, options: tuple[str, str], strict: int) -> None:
    quantities = ["26M", "26M"]
    quantities[strict] = "1"
    texts = [f"params={text}" if option == "--max" else text for option, text in zip(options, quantities, strict=True)]
    result = run("check", "unknown.yaml", "--allow-partial", options[0], texts[0], options[1], texts[1])
    assert (result.status, "params ≤ 26M" in result.out, "params ≤ 1 " in result.out) == (1, True, True)


def test_ops_are_no_quantity(run: Run) -> None:
    assert run("check", "net.yaml", "--max", "ops=conv").err == (
        "error: ops have no number to limit\n  hint: a file lists them: ops: {deny: [conv]}\n"
    )
    assert run("check", "net.yaml", "--max", "share:share=5%").err.startswith("error: a share is one of a metric, ")


@pytest.mark.parametrize("place", ["source", "--config", "--baseline", "config", "baseline", "pattern"])
def test_a_path_that_no_file_system_could_have(run: Run, configured: Path, place: str) -> None:
    path = "a" * 5000 + ("*.yaml" if place == "pattern" else ".yaml")
    if place in ("config", "baseline"):
        text = f"baseline: {path}\n{CONFIG}" if place == "baseline" else CONFIG.replace("net.yaml", path)
        (configured / "flopcount.yaml").write_text(text)
    named = {"source": [path], "pattern": [path]}.get(place, [] if place in ("config", "baseline") else [place, path])
    result = run("check", *named, "--max-params", "1M")
    assert result.status == (0 if "baseline" in place else 2)
    assert "aaaaaaaaaa" in (result.out if "baseline" in place else result.err)
    assert "standard output" not in result.err


def test_growth_by_hand_is_held_besides_the_configs(run: Run, configured: Path) -> None:
    assert run("snapshot", "net.yaml", "-o", "base.json").status == 0
    (configured / "flopcount.yaml").write_text("models: [{path: net.yaml, max_increase: 900%, budget: {params: 1M}}]\n")
    (configured / "net.yaml").write_text(NET.replace("width: 8", "width: 32"))
    assert run("check", "--baseline", "base.json").status == 0
    assert run("check", "--baseline", "base.json", "--max-increase", "2%").status == 1


def test_an_incomplete_count_passes_no_growth_limit(run: Run) -> None:
    assert run("snapshot", "unknown.yaml", "-o", "base.json").status == 0
    assert run("check", "unknown.yaml", "--baseline", "base.json", "--max-increase", "2%").status == 3


def test_a_quantity_without_end(run: Run) -> None:
    result = run("check", "net.yaml", "--max-params", "1" * 5000)
    assert (result.status, "is not a quantity" in result.err) == (2, True)


def test_flops_by_a_convention(run: Run) -> None:
    assert run("check", "net.yaml", "--max-flops", "21312", "--convention", "torch").status == 0
    result = run("check", "net.yaml", "--max-flops", "1G")
    assert result.err == (
        "error: a limit on 'flops' needs the convention by which it is counted\n"
        "  hint: say --convention lecture, or --max flops:lecture=1G\n"
    )


def test_an_incomplete_count(run: Run) -> None:
    assert run("check", "unknown.yaml", "--max-params", "1M").status == 3
    assert run("check", "unknown.yaml", "--max-params", "1M", "--allow-partial").status == 0


def test_what_nothing_limits(run: Run, configured: Path) -> None:
    (configured / "flopcount.yaml").unlink()
    assert "nothing limits what is checked" in run("check", "net.yaml").err
    result = run("check", "net.yaml", "--allow-unlimited")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("budgets: nothing is limited\n")
    assert "note: net.yaml: nothing limits it\n" in result.out
    (configured / "broken.yaml").write_text("input: [3]\nlayers: [reul]\n")
    assert run("check", "net.yaml", "broken.yaml", "--allow-unlimited").status == 2
    assert run("check", "net.yaml", "--allow-unlimited", "--max-params", "1").status == 1


def test_how_it_is_measured(run: Run) -> None:
    arguments = (
        "check",
        "net.yaml",
        "--max-macs",
        "1G",
        "--format",
        "json",
        "-s",
        "width=16",
        "-i",
        "3x16x16",
        "-b",
        "2",
    )
    (_, model) = decoded(json.loads(run(*arguments).out)).models
    assert model.name == "net.yaml (width=16, input 3x16x16, batch 2)"
    assert model.inputs == ("input 2×3×16×16 float32",)
    assert model.verdicts[0].actual == 2 * (27 * 16 * 14 * 14 + 16 * 14 * 14 * 10)


def test_a_model_that_cannot_be_read(run: Run, configured: Path) -> None:
    (configured / "net.yaml").write_text("input: [3]\nlayers: [reul]\n")
    result = run("check")
    assert result.status == 2
    assert (
        result.err == "error: net.yaml:2:10\n  unknown op or block 'reul'\n  hint: " + result.err.partition("hint: ")[2]
    )
    assert "note: net.yaml: net.yaml:2:10: unknown op or block 'reul'" in result.out


def test_the_output_is_written_whole(run: Run, configured: Path) -> None:
    result = run("check", "--format", "markdown", "-o", "body.md", "--max-params", "1")
    assert (result.status, result.out, result.err) == (1, "", "")
    assert (configured / "body.md").read_text().startswith("<!-- flopcount check -->\n")


def test_update_says_what_it_rewrote(run: Run, configured: Path) -> None:
    assert run("check", "--allow-increase").status == 2
    result = run("check", "--update")
    assert (result.status, result.err) == (0, "flopcount.yaml:1:44: params 5K → 3.114K\n")
    assert "warned of" in result.out
    result = run("check", "--update", "--allow-increase")
    assert result.err == "flopcount.yaml:1:64: macs 9K → 10.656K\n"
    assert result.out.startswith("budgets: all 2 limits kept\n")
    assert (configured / "flopcount.yaml").read_text() == CONFIG.replace("5K", "3.114K").replace("9K", "10.656K")


def test_a_baseline_from_snapshot_to_check(run: Run, configured: Path) -> None:
    result = run("snapshot")
    assert (result.status, result.out, result.err) == (0, "", "wrote flopcount.baseline.json: 1 model\n")
    assert run("check", "--baseline", "flopcount.baseline.json", "--max-increase", "not worse").status == 0
    (configured / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    result = run("check", "--baseline", "flopcount.baseline.json", "--max-increase", "2%")
    assert result.status == 1
    assert "net.yaml: changed since flopcount.baseline.json" in result.out
    assert run("check", "--baseline", "gone.json").status == 0
    assert run("check", "--baseline", "a", "--base-ref", "b").status == 2
    assert run("check", "--baseline", "").err.startswith("error: --baseline names no file\n")


def test_an_interrupted_snapshot_leaves_the_old_one(
    run: Run, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (configured / "flopcount.baseline.json").write_text("old")
    names = {path.name for path in configured.iterdir()}

    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    assert run("snapshot").status == 130
    assert run("check", "--update").status == 130
    assert (configured / "flopcount.baseline.json").read_text() == "old"
    assert (configured / "flopcount.yaml").read_text() == CONFIG
    assert {path.name for path in configured.iterdir()} == names


def test_on_github_the_format_chooses_itself(run: Run, configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(configured / "summary.md"))
    (configured / ".git").mkdir()
    (configured / "inner").mkdir()
    (configured / "net.yaml").rename(configured / "inner" / "net.yaml")
    monkeypatch.chdir(configured / "inner")
    (configured / "summary.md").write_text("before\n")
    result = run("check", "net.yaml", "--max-params", "1")
    assert result.status == 1
    assert result.out.startswith("::stop-commands::")
    assert "\n::error file=inner/net.yaml,line=7,col=5,title=net.yaml%3A params::params 3.11 K is over" in result.out
    summary = (configured / "summary.md").read_text()
    assert summary.startswith("before\n<!-- flopcount check -->\n### budgets: 1 over, 0 limits kept\n")
    assert run("check", "net.yaml", "--max-params", "1", "--format", "table").out.startswith("budgets: 1 over")
    assert (configured / "summary.md").read_text() == summary
    (configured / "summary.md").write_text("x" * 2**20)
    run("check", "net.yaml", "--max-params", "1")
    assert (configured / "summary.md").stat().st_size == 2**20


def test_a_bad_configuration_is_annotated_on_github(
    run: Run, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (configured / "flopcount.yaml").write_text("models:\n  - {path: net.yaml, budget: {parms: 1}}\n")
    result = run("check")
    assert result.status == 2
    assert result.out == ("::error file=flopcount.yaml,line=2,col=31,title=flopcount check::unknown metric 'parms'\n")
    assert result.err.startswith("error: flopcount.yaml:2:31\n  unknown metric 'parms'")


def test_a_summary_that_cannot_be_written_is_a_note(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/summary.md")
    result = run("check")
    assert (result.status, result.err) == (0, "note: the job's summary cannot be written: No such file or directory\n")


def test_init_then_check(run: Run, configured: Path) -> None:
    assert run("init", "net.yaml").status == 2
    (configured / "flopcount.yaml").unlink()
    result = run("init", "net.yaml")
    assert (result.status, result.out) == (0, "")
    assert result.err == (
        "wrote flopcount.yaml: 1 model, each limited to today's params and MACs + 25 %; "
        "`flopcount check` holds them to it\n"
    )
    assert run("check").status == 0


def test_a_bad_configuration_writes_nothing(run: Run, configured: Path) -> None:
    (configured / "flopcount.yaml").write_text("models: []\n")
    before = {path.name: path.read_bytes() for path in configured.iterdir()}
    for command in (("check", "-o", "out"), ("check", "--update"), ("snapshot",), ("snapshot", "-o", "out")):
        result = run(*command)
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith("error: flopcount.yaml:1:9\n  `models` is empty\n")
    assert {path.name: path.read_bytes() for path in configured.iterdir()} == before


@pytest.mark.parametrize(
    "options", [("--format", "tabel"), ("--set", "width=4"), ("--baseline", "a", "--base-ref", "b")]
)
def test_what_update_cannot_show_it_does_not_write(run: Run, configured: Path, options: tuple[str, ...]) -> None:
    assert run("check", "net.yaml", "--update", *options).status == 2
    assert (configured / "flopcount.yaml").read_text() == CONFIG


def test_no_name_commands_a_job_of_github(run: Run, configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def commands(text: str) -> list[str]:
        lines = [line.strip() for line in re.split(r"[\r\n]", text)]
        return [line for line in lines if line.startswith("::") or "##[" in line]

    (configured / "::error::x.yaml").write_text(NET)
    (configured / "flopcount.yaml").write_text(CONFIG.replace("net.yaml", "'::error::x.yaml'"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    wrong = "::add-mask::a\n::error::b ##[error]c"
    for result in (
        run("check", "::error::y.yaml", "--max-params", "1"),
        run("check", wrong, "--max-params", "1"),
        run("check", "--config", wrong),
        run("check", "--update"),
        run("report", "::error::gone"),
        run("nothing\n::error::"),
        run(f"--{wrong}"),
        run("check", "--format", "table"),
    ):
        assert (commands(result.err), result.err == "" or ":" in result.err) == ([], True)
    assert commands(run("check", "--format", "table").out) == []
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert len(commands(run("check").out)) == 2  # elsewhere a name is shown as it is
