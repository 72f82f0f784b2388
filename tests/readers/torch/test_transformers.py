"""Models from a configuration alone: no weights, no network, whatever their size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from flopcount.errors import SourceError
from flopcount.readers.torch import read
from tests.readers.torch.witness import elements, on_meta, report, torchs_flops

LLAMA_2_70B = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8192, "intermediate_size": 28672,
    "num_attention_heads": 64, "num_hidden_layers": 80, "num_key_value_heads": 8, "vocab_size": 32000,
    "max_position_embeddings": 4096, "tie_word_embeddings": False, "torch_dtype": "float16",
}  # fmt: skip
BERT = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "num_hidden_layers": 2, "hidden_size": 96}
BERT |= {"num_attention_heads": 4, "intermediate_size": 256, "vocab_size": 1000}
GPT2 = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 2, "n_embd": 96, "n_head": 4}
VIT = {"architectures": ["ViTForImageClassification"], "model_type": "vit", "hidden_size": 96, "num_attention_heads": 4}
VIT |= {"num_hidden_layers": 2, "intermediate_size": 256, "image_size": 64}


@pytest.fixture
def config(tmp_path: Path) -> Any:
    def write(data: Any) -> str:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(data))
        return f"hf:{path}"

    return write


@pytest.mark.parametrize("data", [BERT, GPT2, VIT], ids=["bert", "gpt2", "vit"])
def test_torch_counts_the_same(transformers: Any, config: Any, data: dict[str, Any]) -> None:
    counted = report(read(config(data)))
    settings = transformers.CONFIG_MAPPING[data["model_type"]](**data)
    model = getattr(transformers, data["architectures"][0])._from_config(settings)
    params = elements(model)
    (image_or_tokens,) = counted.graph.inputs
    assert image_or_tokens.name in ("input_ids", "pixel_values")
    given = torch.empty(image_or_tokens.shape, dtype=getattr(torch, image_or_tokens.dtype), device="meta")
    assert counted.uncounted == (), counted.graph.provenance.notes
    assert counted.totals["params"].value == params
    assert counted.totals["count"].value == torchs_flops(on_meta(model), **{image_or_tokens.name: given})


def test_seventy_billion_parameters_in_little_memory(transformers: Any, config: Any) -> None:
    source = config(LLAMA_2_70B)
    script = f"""
import resource, sys
from flopcount.readers.torch.compiled import import_any
try:
    import_any("torchvision")
except ModuleNotFoundError:
    pass
import flopcount
report = flopcount.analyze({source!r}, inputs="2048", convention="torch")
print(report.totals["params"].value, len(report.uncounted), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    params, uncounted, kilobytes = map(int, done.stdout.split())
    assert (params, uncounted) == (68_976_648_192, 0)
    assert kilobytes < 3_000_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "a configuration is a JSON object"),
        ("{", "cannot read the configuration"),
        (
            '{"model_type": "mine", "auto_map": {"AutoModel": "evil.Model"}}',
            "knows no model of type 'mine'",
        ),
        ("{}", "transformers knows no model of type None"),
    ],
)
def test_refuses(transformers: Any, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=message):
        read(f"hf:{path}")


def test_a_missing_file(transformers: Any) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read("hf:nowhere.json")


def test_nothing_that_a_configuration_points_to_is_loaded(transformers: Any, config: Any) -> None:
    evil = {
        "auto_map": {"AutoModel": "evil.Model"},
        "_attn_implementation": "evil/kernels",
        "architectures": ["logging"],
    }
    graph = read(config({**BERT, **evil}))
    assert graph.name == "logging"
    assert len(graph.nodes) > 50
