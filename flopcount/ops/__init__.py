"""Every family of ops, and where to look an op up: a family is imported when one of its ops is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from ..errors import UsageError, did_you_mean
from ..op import REGISTERED, Op

FAMILIES: dict[str, str] = {
    "activation": (
        "celu elu geglu gelu glu hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish prelu relu relu6 "
        "selu sigmoid silu softplus softshrink softsign swiglu tanh threshold"
    ),
    "attention": "attention",
    "binary": "atan2 floor_divide fmod power remainder",
    "cast": "cast",
    "conv": "conv",
    "conv_transpose": "conv_transpose",
    "dropout": "dropout identity",
    "dynamic": "dynamic_conv",
    "einsum": "einsum",
    "elementwise": (
        "abs acos acosh asin asinh atan atanh ceil clamp cos cosh erf exp exp2 expm1 floor log log10 log1p "
        "log2 neg pow reciprocal round rsqrt scale shift sign sin sinh sqrt square tan trunc"
    ),
    "embedding": "embedding",
    "gathering": "gather gather_elements gather_nd one_hot scatter scatter_nd tril triu",
    "gemm": "gemm",
    "joining": "add concat div maximum minimum mul stack sub",
    "linear": "linear",
    "logic": (
        "bit_shift bitwise_and bitwise_not bitwise_or bitwise_xor eq ge gt isfinite isinf isnan le "
        "logical_and logical_not logical_or logical_xor lt masked_fill ne where"
    ),
    "lrn": "lrn",
    "matmul": "matmul",
    "moments": "log_sum logsumexp norm std sum_square var",
    "movement": "expand flip pad roll tile",
    "norm": "bn gn instance_norm ln rms_norm",
    "ordering": "cumprod cumsum nms sort topk",
    "pool": "adaptive_avgpool adaptive_maxpool avgpool global_avgpool global_maxpool maxpool",
    "quantization": "dequantize fake_quantize quantize",
    "recurrent": "gru lstm rnn",
    "reduction": "all any argmax argmin max mean min prod sum",
    "resample": "channel_shuffle pixel_shuffle pixel_unshuffle upsample",
    "rotary": "rotary",
    "sampling": "affine_grid grid_sample roi_align",
    "sdpa": "sdpa",
    "shape": "flatten permute reshape squeeze transpose unsqueeze",
    "softmax": "log_softmax softmax",
    "source": "constant opaque parameter",
    "split": "select slice split strided_slice",
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
