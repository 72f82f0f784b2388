"""Whole-process time of a report, as a ratio to importing the libraries that any such tool needs.

Runs the commands in turn, so that a machine that changes its speed changes it for all:
python benchmarks/startup.py [runs]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

FLOOR = [sys.executable, "-c", "import typer, rich.table, rich.console, yaml"]
REPORT = [str(Path(sys.executable).with_name("flopcount")), "report", "resnet50"]
COMMANDS = {"floor": FLOOR, "json": [*REPORT, "--format", "json"], "table": REPORT}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Installed packages have their bytecode; a checkout must be allowed to keep its own."""
GOALS = {"json": 1.5, "table": 2.2}


def seconds(command: list[str]) -> float:
    """How long one process takes, from outside."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def main() -> None:
    """Print medians and paired ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for command in COMMANDS.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    for name, measured in times.items():
        line = f"{name:6} {statistics.median(measured) * 1000:6.0f} ms"
        if name in GOALS:
            ratios = sorted(one / floor for one, floor in zip(measured, times["floor"], strict=True))
            median = statistics.median(ratios)
            line += f"   {median:.2f} × floor ({ratios[0]:.2f} to {ratios[-1]:.2f}; goal {GOALS[name]})"
        print(line)


if __name__ == "__main__":
    main()
