"""Time of `flopcount check`: 200 specs in one process, and the pre-commit hook's entry on one spec.

Whole processes, run in turn, so that a machine that changes its speed changes it for all:
python benchmarks/budgets.py [runs]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flopcount import library

SPECS = 200
FLOPCOUNT = str(Path(sys.executable).with_name("flopcount"))
CONFIG = 'models:\n  - path: "{}"\n    budget: {{params: 1G, macs: 1T, "flops:lecture": 2T, share: 100%}}\n'


def prepare(folder: Path) -> None:
    """Write 200 specs, MobileNets of 200 widths, and a budget for all of them and one for one of them."""
    text = (library.folder() / "mobilenet_v1.yaml").read_text(encoding="utf-8")
    for number in range(SPECS):
        spec = text.replace("width: 1.0", f"width: {0.25 + number / SPECS:.3f}")
        (folder / f"net{number:03}.yaml").write_text(spec, encoding="utf-8")
    (folder / "flopcount.yaml").write_text(CONFIG.format("net*.yaml"), encoding="utf-8")
    (folder / "one.yml").write_text(CONFIG.format("net000.yaml"), encoding="utf-8")


def seconds(arguments: list[str], folder: Path) -> float:
    """How long one process takes, from outside."""
    start = time.perf_counter()
    subprocess.run([FLOPCOUNT, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def spread(ratios: list[float]) -> str:
    """A ratio as its median, and the half of the runs around it."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} × ({low:.2f}–{high:.2f})"


def main() -> None:
    """Print medians, and ratios of commands that ran one after the other with their quartiles.

    `again` is the same command as `json`: its ratio is the noise of the machine.
    """
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    commands = {
        "report": ["report", "net000.yaml"],
        "json": ["report", "net000.yaml", "--format", "json"],
        "again": ["report", "net000.yaml", "--format", "json"],
        "hook": ["check", "--config", "one.yml"],
        "check": ["check"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for arguments in commands.values():
            seconds(arguments, folder)
        for _ in range(runs):
            for name, arguments in commands.items():
                times[name].append(seconds(arguments, folder))
    for name, measured in times.items():
        print(f"{name:7} {statistics.median(measured) * 1000:6.0f} ms")
    for what, name in (("noise", "again"), ("the hook's entry on one spec, goal 1.5", "hook")):
        ratios = [other / one for other, one in zip(times[name], times["json"], strict=True)]
        print(f"{what}: {spread(ratios)} `report --format json`")
    pairs = zip(times["check"], times["report"], strict=True)
    parts = [check / (4 * report + 0.010 * SPECS) for check, report in pairs]
    print(f"check of {SPECS} specs, goal 1: {spread(parts)} 4 reports and 10 ms a spec")


if __name__ == "__main__":
    main()
