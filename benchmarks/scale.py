"""A spec of 100,000 written-out layers: linear in layers, and little beyond what reading the YAML takes.

Prints ratios of one run: python benchmarks/scale.py [layers]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import yaml

from flopcount.api import analyze
from flopcount.collector import paused
from flopcount.engine import count
from flopcount.payload import envelope
from flopcount.readers.spec import read


def spec(layers: int) -> str:
    """A network of so many layers, each written out."""
    four = [
        "- conv: {out: 16, kernel: 3, padding: 1, bias: false}",
        "- bn",
        "- relu",
        "- conv: {out: 16, kernel: 1}",
    ]
    return "\n".join(["name: big", "input: [16, 32, 32]", "layers:", *(four * (layers // 4))])


def seconds(work: Callable[[], Any], repeat: int = 1) -> float:
    """The least time of several runs: noise only adds."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print the ratios."""
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    small, large = spec(1000), spec(layers)

    def report(text: str) -> Any:
        with paused():
            return analyze(read(text, "big.yaml"))

    def as_json(text: str) -> Any:
        with paused():
            return envelope([report(text)])

    for title, work in (("text to report", report), ("text to JSON", as_json)):
        work(small)
        one = seconds(partial(work, small), 9) / 1000
        many = seconds(partial(work, large), 3) / layers
        print(f"{title:15} {one * 1e6:.1f} µs a layer of 1,000, {many * 1e6:.1f} µs of {layers:,}", end=": ")
        print(f"{many / one:.2f} × (goal 1.3)")
    whole = seconds(lambda: report(large), 3)
    loader = seconds(lambda: yaml.load(large, yaml.CSafeLoader), 3)
    with paused():
        unhindered = seconds(lambda: yaml.load(large, yaml.CSafeLoader), 3)
    print(f"text to report  {whole:.2f} s; PyYAML's C loader alone {loader:.2f} s", end=": ")
    print(f"{whole / loader:.2f} × (goal 1.6), {whole / unhindered:.2f} × with the collector paused for it too")
    graph = read(large, "big.yaml")
    with paused():
        engine = seconds(lambda: count(graph), 3)
    print(f"engine alone    {engine:.2f} s: {engine / whole:.2f} of it")


if __name__ == "__main__":
    main()
