"""Time and memory of a whole process that counts torchvision's ResNet-50, as a ratio to five lines of fvcore.

Runs the commands in turn, so that a machine that changes its speed changes it for all:
python benchmarks/tracing.py [runs]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
TORCHVISION = "from flopcount.readers.torch.compiled import import_any; torchvision = import_any('torchvision')\n"
FVCORE = """\
import torch
from fvcore.nn import FlopCountAnalysis
model = torchvision.models.resnet50().eval()
with torch.no_grad():
    print(FlopCountAnalysis(model, torch.rand(1, 3, 224, 224)).total())
"""
FLOPCOUNT = """\
import sys
from flopcount.__main__ import main
sys.argv = ["flopcount", "report", "torchvision:resnet50"]
main()
"""
PROGRAMS = {"fvcore": TORCHVISION + FVCORE, "flopcount": TORCHVISION + FLOPCOUNT}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def measure(program: str) -> tuple[float, float]:
    """Seconds and megabytes of one process, from outside."""
    start = time.perf_counter()
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{program}failed: run it by itself to see why")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Print medians and paired ratios; the goal of both is below 1."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for program in PROGRAMS.values():
        measure(program)
    for _ in range(runs):
        for name, program in PROGRAMS.items():
            measured[name].append(measure(program))
    for name, pairs in measured.items():
        seconds, megabytes = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name:9} {seconds:6.2f} s {megabytes:6.0f} MB")
    for what, column in (("time", 0), ("memory", 1)):
        both = zip(measured["flopcount"], measured["fvcore"], strict=True)
        ratios = sorted(ours[column] / theirs[column] for ours, theirs in both)
        print(f"{what}: {statistics.median(ratios):.2f} × fvcore ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
