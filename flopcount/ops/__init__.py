"""Every family of ops, and where to look an op up: a family is imported when one of its ops is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from ..errors import UsageError, did_you_mean
from ..op import REGISTERED, Op

FAMILIES: dict[str, str] = {
    "activation": (
        "celu elu geglu gelu glu hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish prelu "
        "relu relu6 selu sigmoid silu softplus softsign swiglu tanh"
    ),
    "attention": "attention",
    "conv": "conv",
    "conv_transpose": "conv_transpose",
    "dropout": "dropout identity",
    "einsum": "einsum",
    "elementwise": "abs clamp cos exp log neg pow reciprocal rsqrt scale shift sin sqrt square",
    "embedding": "embedding",
    "joining": "add concat div maximum minimum mul stack sub",
    "linear": "linear",
    "lrn": "lrn",
    "matmul": "matmul",
    "movement": "expand flip pad roll tile",
    "norm": "bn gn instance_norm ln rms_norm",
    "pool": "adaptive_avgpool adaptive_maxpool avgpool global_avgpool global_maxpool maxpool",
    "recurrent": "gru lstm rnn",
    "reduction": "argmax max mean min prod sum",
    "resample": "channel_shuffle pixel_shuffle pixel_unshuffle upsample",
    "shape": "flatten permute reshape squeeze transpose unsqueeze",
    "softmax": "log_softmax softmax",
    "source": "constant opaque parameter",
    "split": "select slice split",
}
"""The modules of this package that hold ops, and the tags of their ops. A test keeps it complete."""

_FAMILY_OF = {tag: family for family, tags in FAMILIES.items() for tag in tags.split()}


class _Ops(Mapping[str, type[Op]]):
    """All ops by tag."""

    def __getitem__(self, tag: str) -> type[Op]:
        found = REGISTERED.get(tag)
        if found is None:
            import_module(f".{_FAMILY_OF[tag]}", __name__)
            found = REGISTERED[tag]
        return found

    def __contains__(self, tag: object) -> bool:
        return tag in _FAMILY_OF

    def __iter__(self) -> Iterator[str]:
        return iter(_FAMILY_OF)

    def __len__(self) -> int:
        return len(_FAMILY_OF)


OPS = _Ops()


def find_op(tag: str) -> type[Op]:
    """The op of this name.

    Raises:
        UsageError: Unknown name, with the nearest known ones.
    """
    if tag not in OPS:
        raise UsageError(f"unknown op '{tag}'", hint=did_you_mean(tag, OPS) or "`flopcount list ops` names them")
    return OPS[tag]
