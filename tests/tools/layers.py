"""Single layers of torch, with the ops that they are: what a tool's rule is compared with the tool on."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import nn

from flopcount.graph import GraphBuilder
from flopcount.ops import find_op
from flopcount.tools import Use

IMAGE, SEQUENCE = (1, 6, 12, 10), (1, 5, 6)


class Case(NamedTuple):
    """A layer twice."""

    module: nn.Module
    shape: tuple[int, ...]
    tag: str
    fields: dict[str, Any]

    @property
    def use(self) -> Use:
        builder = GraphBuilder("one", batch=self.shape[0])
        builder.add(find_op(self.tag)(**self.fields), [builder.input("x", self.shape)], name="layer")
        (node,) = builder.nodes
        (y,) = node.outputs
        return Use(node.op, node.op.work(self.shape, y.shape) or (), (self.shape,), (y.shape,), "module")


def conv(module: Any, shape: tuple[int, ...], out: int, kernel: Any, tag: str = "conv", **options: Any) -> Case:
    return Case(module(shape[1], out, kernel, **options), shape, tag, {"out": out, "kernel": kernel, **options})


def recurrent(module: Any, hidden: int, layers: int = 1, **options: Any) -> Case:
    fields = {"hidden": hidden, "layers": layers, **options}
    options = {"proj_size" if key == "proj" else key: value for key, value in options.items()}
    made = module(SEQUENCE[2], hidden, layers, batch_first=True, **options)
    return Case(made, SEQUENCE, module.__name__.lower(), fields)


CASES: dict[str, Case] = {
    "conv": conv(nn.Conv2d, IMAGE, 8, 3, padding=1),
    "conv without bias": conv(nn.Conv2d, IMAGE, 8, 3, bias=False, stride=2),
    "grouped conv": conv(nn.Conv2d, IMAGE, 9, 3, groups=3, dilation=2, padding=2),
    "depthwise conv": conv(nn.Conv2d, IMAGE, 6, 5, groups=6, padding=2),
    "conv 1d": conv(nn.Conv1d, (1, 6, 12), 4, 3),
    "conv 3d": conv(nn.Conv3d, (1, 3, 4, 5, 6), 4, (1, 3, 3), padding=(0, 1, 1)),
    "transposed conv": conv(nn.ConvTranspose2d, IMAGE, 4, 2, "conv_transpose", stride=2),
    "transposed conv, cropped": conv(
        nn.ConvTranspose2d, IMAGE, 4, 3, "conv_transpose", stride=2, padding=1, output_padding=1, bias=False
    ),
    "grouped transposed conv": conv(nn.ConvTranspose2d, IMAGE, 9, 3, "conv_transpose", groups=3),
    "depthwise transposed conv": conv(nn.ConvTranspose2d, IMAGE, 6, 4, "conv_transpose", groups=6, stride=2),
    "transposed conv with gaps": conv(nn.ConvTranspose2d, IMAGE, 4, 2, "conv_transpose", stride=3),
    "linear": Case(nn.Linear(6, 7), (1, 6), "linear", {"out": 7}),
    "linear without bias": Case(nn.Linear(6, 7, bias=False), (1, 6), "linear", {"out": 7, "bias": False}),
    "linear of tokens": Case(nn.Linear(6, 7), SEQUENCE, "linear", {"out": 7}),
    "bn": Case(nn.BatchNorm2d(6), IMAGE, "bn", {}),
    "bn without weights": Case(nn.BatchNorm2d(6, affine=False), IMAGE, "bn", {"affine": False}),
    "bn 1d": Case(nn.BatchNorm1d(6), (1, 6), "bn", {}),
    "bn 3d": Case(nn.BatchNorm3d(3), (1, 3, 4, 5, 6), "bn", {}),
    "ln": Case(nn.LayerNorm(6), SEQUENCE, "ln", {}),
    "ln without weights": Case(nn.LayerNorm(6, elementwise_affine=False), SEQUENCE, "ln", {"affine": False}),
    "gn": Case(nn.GroupNorm(3, 6), IMAGE, "gn", {"groups": 3}),
    "instance norm": Case(nn.InstanceNorm2d(6), IMAGE, "instance_norm", {}),
    "instance norm with weights": Case(nn.InstanceNorm2d(6, affine=True), IMAGE, "instance_norm", {"affine": True}),
    "relu": Case(nn.ReLU(), IMAGE, "relu", {}),
    "relu6": Case(nn.ReLU6(), IMAGE, "relu6", {}),
    "leaky relu": Case(nn.LeakyReLU(), IMAGE, "leaky_relu", {}),
    "prelu": Case(nn.PReLU(6), IMAGE, "prelu", {"per_channel": True}),
    "elu": Case(nn.ELU(), IMAGE, "elu", {}),
    "gelu": Case(nn.GELU(), IMAGE, "gelu", {}),
    "silu": Case(nn.SiLU(), IMAGE, "silu", {}),
    "sigmoid": Case(nn.Sigmoid(), IMAGE, "sigmoid", {}),
    "tanh": Case(nn.Tanh(), IMAGE, "tanh", {}),
    "hardswish": Case(nn.Hardswish(), IMAGE, "hardswish", {}),
    "softmax": Case(nn.Softmax(-1), SEQUENCE, "softmax", {}),
    "max pool": Case(nn.MaxPool2d(2), IMAGE, "maxpool", {"kernel": 2}),
    "average pool": Case(nn.AvgPool2d(3, 1, 1), IMAGE, "avgpool", {"kernel": 3, "stride": 1, "padding": 1}),
    "global average": Case(nn.AdaptiveAvgPool2d(1), IMAGE, "global_avgpool", {}),
    "adaptive average": Case(nn.AdaptiveAvgPool2d((4, 5)), IMAGE, "adaptive_avgpool", {"out": (4, 5)}),
    "adaptive maximum": Case(nn.AdaptiveMaxPool2d((4, 5)), IMAGE, "adaptive_maxpool", {"out": (4, 5)}),
    "upsample": Case(nn.Upsample(scale_factor=2), IMAGE, "upsample", {"scale": 2}),
    "upsample to a size": Case(
        nn.Upsample((20, 30), mode="bilinear"), IMAGE, "upsample", {"size": (20, 30), "mode": "bilinear"}
    ),
    "rnn": recurrent(nn.RNN, hidden=5, bias=False),
    "gru": recurrent(nn.GRU, hidden=5, layers=2),
    "lstm": recurrent(nn.LSTM, hidden=5, layers=3, bidirectional=True),
    "lstm without bias": recurrent(nn.LSTM, hidden=5, bias=False),
    "lstm, projected": recurrent(nn.LSTM, hidden=5, layers=2, proj=3),
    "dropout": Case(nn.Dropout(), IMAGE, "dropout", {}),
    "pixel shuffle": Case(nn.PixelShuffle(2), (1, 8, 3, 3), "pixel_shuffle", {"factor": 2}),
}  # fmt: skip
