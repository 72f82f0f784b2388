"""A model file of 1 GB against one of 1 MB with the same structure, and against other readers.

Each runs in a process of its own, in turn, so that a machine that changes its speed changes it for all. Prints times
and peak memory as ratios of one run: python benchmarks/onnx_files.py [runs]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO

LAYERS = 64
REPORT = "from flopcount.__main__ import main; main()"
BARE = "import typer, rich.table, yaml, msgspec"
LOAD = "import onnx, sys; onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1]))"
TOOL = """
import sys, onnx_tool
model = onnx_tool.Model(sys.argv[1])
model.graph.shape_infer()
model.graph.profile()
"""


def varint(value: int) -> bytes:
    """An integer in base 128."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(number: int, *parts: bytes) -> bytes:
    """A field that holds a message, or text."""
    payload = b"".join(parts)
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer."""
    return varint(number << 3) + varint(value)


def declared(number: int, name: str, width: int) -> bytes:
    """An input or output of floating-point rows."""
    dims = message(1, integer(1, 1)) + message(1, integer(1, width))
    return message(number, message(1, name.encode()), message(2, message(1, integer(1, 1), message(2, dims))))


def write(path: Path, width: int) -> int:
    """A chain of matrix products and activations whose weights lie in the file; its size.

    The weights are zeros that the file system need not store, but that a reader sees like any others.
    """
    nodes = []
    for i in range(LAYERS):
        product, y = f"p{i}".encode(), f"x{i + 1}".encode()
        inputs = message(1, f"x{i}".encode()), message(1, f"w{i}".encode())
        nodes.append(
            message(1, *inputs, message(2, product), message(3, f"/{i}/fc/MatMul".encode()), message(4, b"MatMul"))
        )
        nodes.append(
            message(1, message(1, product), message(2, y), message(3, f"/{i}/act/Relu".encode()), message(4, b"Relu"))
        )
    weights, raw = [], width * width * 4
    for i in range(LAYERS):
        head = integer(1, width) * 2 + integer(2, 1) + message(8, f"w{i}".encode()) + varint(9 << 3 | 2) + varint(raw)
        weights.append(varint(5 << 3 | 2) + varint(len(head) + raw) + head)
    before, after = b"".join(nodes) + message(2, b"big"), declared(11, "x0", width) + declared(12, f"x{LAYERS}", width)
    length = len(before) + len(after) + sum(len(head) + raw for head in weights)
    with path.open("wb") as file:
        file.write(integer(1, 8) + varint(7 << 3 | 2) + varint(length) + before)
        for head in weights:
            _skip(file, head, raw)
        file.write(after + message(8, integer(2, 17)))
    return path.stat().st_size


def _skip(file: IO[bytes], head: bytes, size: int) -> None:
    file.write(head)
    file.seek(size, os.SEEK_CUR)


def run(code: str, *arguments: str) -> tuple[float, float]:
    """Seconds and megabytes of a process."""
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execv(sys.executable, [sys.executable, "-c", code, *arguments])
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"failed: {code.strip().splitlines()[0]} {' '.join(arguments)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Print the ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.onnx", Path(folder) / "large.onnx"
        sizes = write(small, 62), write(large, 2048)
        commands: dict[str, tuple[str, ...]] = {
            "report, 1 MB": (REPORT, "report", str(small)),
            "report, 1 GB": (REPORT, "report", str(large)),
            "imports alone": (BARE,),
        }
        if find_spec("onnx"):
            commands["onnx.load and shape inference, 1 GB"] = (LOAD, str(large))
        if find_spec("onnx_tool"):
            commands["onnx-tool, 1 GB"] = (TOOL, str(large))
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                taken[name].append(run(*command))
    print(f"files of {sizes[0] / 1e6:.2f} MB and {sizes[1] / 1e9:.2f} GB, {LAYERS} layers each, {runs} runs")
    seconds = {name: statistics.median(time for time, _ in pairs) for name, pairs in taken.items()}
    for name, pairs in taken.items():
        ratio = seconds[name] / seconds["report, 1 MB"]
        print(f"{name:36} {seconds[name]:7.2f} s  {ratio:6.2f} ×  {max(memory for _, memory in pairs):7.0f} MB")
    print(f"1 GB against 1 MB: {seconds['report, 1 GB'] / seconds['report, 1 MB']:.2f} × (goal 1.3), peak under 120 MB")


if __name__ == "__main__":
    main()
