"""What other counters are known to get wrong, each against torch's own counter or by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from flopcount.engine import count
from flopcount.ops.norm import BatchNorm
from flopcount.readers.torch import read
from tests.readers.torch.witness import assert_exact, tags, traced


def macs(model: Any, *shapes: tuple[int, ...], dtypes: tuple[str, ...] = ()) -> int:
    return count(traced(model, *shapes, dtypes=dtypes)).totals["macs"].value


def test_a_matmul_whose_second_operand_has_more_batch_axes() -> None:
    assert macs(lambda a, b: a @ b, (5, 6), (4, 3, 6, 7)) == 4 * 3 * 5 * 6 * 7
    assert macs(torch.matmul, (3, 5, 6), (4, 1, 6, 7)) == 4 * 3 * 5 * 6 * 7


@pytest.mark.parametrize("groups", [1, 2, 8])
def test_transposed_convolutions_in_groups(groups: int) -> None:
    model = nn.ConvTranspose2d(8, 16, 3, stride=2, padding=1, output_padding=1, groups=groups)
    counted = assert_exact(model, (2, 8, 5, 7))
    assert counted.totals["macs"].value == 2 * 8 * 5 * 7 * (16 // groups) * 9


def test_a_module_that_runs_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(10, 10, bias=False)

        def forward(self, x: Any) -> Any:
            return self.layer(self.layer(x))

    counted = assert_exact(Twice(), (1, 10))
    assert (counted.totals["params"].value, counted.totals["macs"].value) == (100, 200)
    assert [layer.node.name for layer in counted.layers] == ["layer", "layer_2"]
    assert counted.layers[1].shared == ("layer.weight",)


def test_one_module_under_two_names() -> None:
    shared = nn.Linear(4, 4)
    counted = assert_exact(nn.Sequential(shared, nn.ReLU(), shared), (2, 4))
    assert counted.totals["params"].value == 20


class TiedHead(nn.Module):
    """An embedding whose table is also the output layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.head = nn.Linear(8, 50, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens: Any) -> Any:
        return self.head(self.embed(tokens))


def test_a_look_up_is_free_and_a_tied_head_is_not() -> None:
    counted = assert_exact(TiedHead(), (2, 6), dtypes=("int64",))
    embed, head = counted.layers
    assert (embed.work, embed.params, head.params) == ((), 400, 0)
    assert counted.totals["macs"].value == 2 * 6 * 8 * 50
    assert [layer.node.name for layer in counted.layers] == ["embed", "head"]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
def test_attention_and_its_fast_paths(frozen: bool, norm_first: bool) -> None:
    model = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=norm_first)
    model.requires_grad_(not frozen)
    n, t, d, hidden = 2, 10, 16, 32
    expected = n * (4 * t * d * d + 2 * t * t * d + 2 * t * d * hidden)
    counted = count(traced(model, (n, t, d)))
    assert (counted.totals["macs"].value, counted.uncounted) == (expected, ())
    assert counted.totals["params"].value == sum(p.numel() for p in model.parameters())
    assert counted.totals["trainable_params"].value == (0 if frozen else counted.totals["params"].value)
    attention = count(traced(model.self_attn, (n, t, d), (n, t, d), (n, t, d)))
    assert attention.totals["macs"].value == n * (4 * t * d * d + 2 * t * t * d)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_fused_operators_themselves(norm_first: bool, activation: str) -> None:
    """As a program has them that runs for real: the layers are unfolded, the count is the same."""

    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(
                16, 4, 32, batch_first=True, norm_first=norm_first, activation=activation
            )

        def forward(self, x: Any) -> Any:
            return self.layer(x) if bool(x.sum() < 1e9) else x

    model = Branching()
    n, t, d, hidden = 2, 10, 16, 32
    counted = count(traced(model, (n, t, d)))
    assert counted.totals["macs"].value == n * (4 * t * d * d + 2 * t * t * d + 2 * t * d * hidden)
    assert counted.totals["params"].value == sum(p.numel() for p in model.parameters())
    assert counted.uncounted == ()
    assert "sdpa" in tags(counted.graph)
    assert "layer.self_attn.out_proj" in [layer.node.name for layer in counted.layers]


@pytest.mark.parametrize("kernel", [3, 4, (2, 5)])
def test_padding_same(kernel: Any) -> None:
    assert_exact(nn.Conv2d(3, 8, kernel, padding="same", dilation=2), (1, 3, 12, 15))


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_recurrent_layers_run_every_step(kind: Any, gates: int, bidirectional: bool, batch_first: bool) -> None:
    model = kind(5, 7, num_layers=2, bidirectional=bidirectional, batch_first=batch_first)
    n, t, ways = 2, 11, 1 + bidirectional
    counted = count(traced(model, (n, t, 5) if batch_first else (t, n, 5)))
    expected = n * t * ways * gates * 7 * ((5 + 7) + (7 * ways + 7))
    assert (counted.totals["macs"].value, counted.uncounted) == (expected, ())
    assert counted.totals["params"].value == sum(p.numel() for p in model.parameters())
    states, last = model(torch.empty((n, t, 5) if batch_first else (t, n, 5)))
    shapes = [states.shape, *(tensor.shape for tensor in (last if kind is nn.LSTM else [last]))]
    assert [tensor.shape for tensor in counted.graph.outputs] == list(map(tuple, shapes))


def test_a_projected_lstm() -> None:
    model = nn.LSTM(5, 7, proj_size=3)
    counted = count(traced(model, (11, 2, 5)))
    assert counted.totals["macs"].value == 2 * 11 * (4 * 7 * (5 + 3) + 7 * 3)
    assert counted.totals["params"].value == sum(p.numel() for p in model.parameters())


def test_a_model_left_in_training_mode_is_counted_at_test_time() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    graph = traced(model, (2, 3, 8, 8))
    assert graph.nodes[1].op == BatchNorm(track=True)
    assert all(module.training for module in model.modules())


def test_a_linear_layer_at_the_root() -> None:
    counted = assert_exact(nn.Linear(6, 4), (3, 6))
    assert [(layer.node.name, layer.params) for layer in counted.layers] == [("linear", 28)]


def test_channels_last() -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Any) -> Any:
            return self.conv(x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last))

    assert_exact(Last(), (1, 9, 10, 3))


def test_pooling_over_three_axes() -> None:
    model = nn.Sequential(nn.MaxPool3d(2), nn.AvgPool3d((1, 2, 2), ceil_mode=True), nn.AdaptiveAvgPool3d(1))
    counted = assert_exact(model, (1, 2, 9, 10, 11))
    taps = 2 * (4 * 5 * 5) * 7
    assert counted.layers[0].work is not None
    assert sum(work.count for work in counted.layers[0].work) == taps


def test_functional_layers_are_counted_once_and_for_every_token() -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.empty(8, 4))
            self.linear = nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            return self.linear(nn.functional.gelu(nn.functional.linear(x, self.weight)))

    counted = assert_exact(Functional(), (2, 50, 4))
    assert counted.totals["macs"].value == 2 * 50 * (4 * 8 + 8 * 3)


def test_parameters_used_directly() -> None:
    class Direct(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.empty(1, 1, 6))
            self.matrix = nn.Parameter(torch.empty(6, 6))

        def forward(self, x: Any) -> Any:
            x = torch.cat([self.token.expand(len(x), -1, -1), x], 1)
            return torch.einsum("ntd,de->nte", x, self.matrix) @ self.matrix.t()

    counted = assert_exact(Direct(), (2, 4, 6))
    assert counted.totals["macs"].value == 2 * (2 * 5 * 6 * 6)
    assert [layer.node.name for layer in counted.layers if layer.params] == ["token", "matrix"]


def test_a_batch_of_none() -> None:
    graph = read(nn.Linear(6, 4), inputs=[("", ((6,), None))], batch=None)
    assert (graph.batch, graph.inputs[0].shape, graph.outputs[0].shape) == (None, (6,), (4,))
