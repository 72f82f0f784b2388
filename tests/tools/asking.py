"""Ask a counter about every single layer, in a process of its own, and print what it says as JSON."""

from __future__ import annotations

import json
import sys
import warnings
from contextlib import redirect_stdout

import torch

from flopcount.readers.torch.compiled import import_any
from flopcount.torch.witnesses.counters import DEVICES, count
from tests.tools.layers import CASES


def main(name: str) -> None:
    import_any("torchvision")
    said = {}
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key, case in CASES.items():
            device, *_ = DEVICES.get(name, ("cpu",))
            model = torch.nn.Sequential(case.module)
            model.register_parameter("idle", torch.nn.Parameter(torch.zeros(1)))  # calflops looks for the first
            model.to(device)
            said[key] = count(name, model, (torch.zeros(case.shape, device=device),))[0]
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
