from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.conventions import LECTURE
from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, TrainedBatchNorm
from tests.counting import Number, array, backward_ledger, backward_work, ledger, tallied, total
from tests.ops.definitions import Array, packed, special, unpacked

EPS = 1e-5

Index = tuple[int, ...]
Shape = tuple[int, ...]
GroupOf = Callable[[Index], Index]


def gathered(x: Array, group: GroupOf) -> dict[Index, list[Index]]:
    """Which elements share their statistics."""
    groups: dict[Index, list[Index]] = defaultdict(list)
    for index in x:
        groups[group(index)].append(index)
    return groups


def mean_and_variance(values: list[Any]) -> tuple[Any, Any]:
    mean = total(values) / len(values)
    differences = [value - mean for value in values]
    return mean, total([d * d for d in differences]) / len(values)


def normalised(x: Array, group: GroupOf, tracked: dict[Index, tuple[Any, Any]] | None = None) -> Array:
    """Zero mean and unit variance in each group, by the lecture's formulas."""
    y: Array = {}
    for key, members in gathered(x, group).items():
        mean, variance = tracked[key] if tracked else mean_and_variance([x[i] for i in members])
        root = special(torch.sqrt, variance + EPS)
        y |= {i: (x[i] - mean) / root for i in members}
    return y


def root_mean_square_normalised(x: Array, group: GroupOf) -> Array:
    y: Array = {}
    for members in gathered(x, group).values():
        root = special(torch.sqrt, total([x[i] * x[i] for i in members]) / len(members) + EPS)
        y |= {i: x[i] / root for i in members}
    return y


def scaled_and_shifted(x: Array, weight: Array | None, bias: Array | None, place: GroupOf) -> Array:
    for parameter, operation in ((weight, "__mul__"), (bias, "__add__")):
        if parameter is not None:
            x = {i: getattr(value, operation)(parameter[place(i)]) for i, value in x.items()}
    return x


def group_of(op: Op, shape: Shape, index: Index) -> Index:
    """Which group an element belongs to: those that it shares its statistics with."""
    match op:
        case BatchNorm():
            return index[1:2]
        case InstanceNorm():
            return index[:2]
        case GroupNorm():
            return index[0], index[1] // (shape[1] // op.groups)
        case LayerNorm() | RMSNorm():
            return index[: len(shape) - op.axes]
    raise AssertionError(op)


def place_of(op: Op, shape: Shape, index: Index) -> Index:
    """Which of the learned numbers scales and shifts an element."""
    return index[len(shape) - op.axes :] if isinstance(op, LayerNorm | RMSNorm) else index[1:2]


def define(op: Op, shape: Shape, x: Array, parameter: Callable[[str, Shape], Array]) -> Array:
    """Any of the ops by its definition; `parameter` gives learned and tracked numbers by name and shape."""
    groups = partial(group_of, op, shape)
    tracked = None
    if isinstance(op, BatchNorm) and op.track:
        means, variances = (parameter(name, (shape[1],)) for name in ("running_mean", "running_var"))
        tracked = {channel: (means[channel], variances[channel]) for channel in means}
    y = root_mean_square_normalised(x, groups) if isinstance(op, RMSNorm) else normalised(x, groups, tracked)
    learned = {name: parameter(name, size) for name, size in op.weights(shape).items()}
    return scaled_and_shifted(y, learned.get("weight"), learned.get("bias"), partial(place_of, op, shape))


def torchs(op: Op, shape: Shape, device: str = "cpu") -> Any:
    """The same layer as a module of torch."""
    keywords: dict[str, Any] = {"device": device, "dtype": torch.float64}
    match op:
        case BatchNorm():
            kind: Any = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d}.get(len(shape))
            kind = kind or torch.nn.BatchNorm3d
            module = kind(shape[1], affine=op.affine, track_running_stats=op.track, **keywords)
        case InstanceNorm():
            kind = (torch.nn.InstanceNorm1d, torch.nn.InstanceNorm2d, torch.nn.InstanceNorm3d)[len(shape) - 3]
            module = kind(shape[1], affine=op.affine, **keywords)
        case GroupNorm():
            module = torch.nn.GroupNorm(op.groups, shape[1], affine=op.affine, **keywords)
        case LayerNorm():
            module = torch.nn.LayerNorm(shape[-op.axes :], elementwise_affine=op.affine, bias=op.bias, **keywords)
        case RMSNorm():
            module = torch.nn.RMSNorm(shape[-op.axes :], eps=EPS, elementwise_affine=op.affine, **keywords)
        case _:
            raise AssertionError(op)
    return module.eval()


@st.composite
def norms(draw: st.DrawFn) -> tuple[Op, Shape]:
    kind: Any = draw(st.sampled_from([BatchNorm, InstanceNorm, GroupNorm, LayerNorm, RMSNorm]))
    groups = draw(st.integers(1, 3))
    # torch refuses an instance of one element, and a batch of one that has no statistics of its own.
    spatial = draw(st.lists(st.integers(2, 3), min_size=kind is InstanceNorm, max_size=3))
    shape = (draw(st.integers(2, 3)), groups * draw(st.integers(1, 2)), *spatial)
    flag = draw(st.booleans())
    axes = draw(st.integers(1, len(shape) - 1))
    fields: dict[Any, dict[str, Any]] = {
        BatchNorm: {"track": draw(st.booleans())},
        GroupNorm: {"groups": groups},
        LayerNorm: {"axes": axes, "bias": draw(st.booleans())},
        RMSNorm: {"axes": axes},
    }
    return kind(affine=flag, **fields.get(kind, {})), shape


@given(norms())
def test_shapes_parameters_and_buffers_are_torchs(case: tuple[Op, Shape]) -> None:
    op, shape = case
    module = torchs(op, shape, "meta")
    op.check(shape)
    assert op.infer(shape) == shape
    assert op.weights(shape) == {name: tuple(weight.shape) for name, weight in module.named_parameters()}
    buffers = {name: tuple(buffer.shape) for name, buffer in module.named_buffers() if name != "num_batches_tracked"}
    assert op.buffers(shape) == buffers


@given(norms())
def test_ledger_is_that_of_a_definition_that_computes_what_torch_does(case: tuple[Op, Shape]) -> None:
    op, shape = case
    module = torchs(op, shape)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 2)
        state = module.state_dict()
        x = torch.randn(shape, dtype=torch.float64)
        value = define(op, shape, unpacked(x), lambda name, _: unpacked(state[name]))
        torch.testing.assert_close(packed(value, shape), module(x))
    with tallied() as done:
        define(op, shape, array(shape), lambda _, size: array(size))
    assert ledger(op, shape) == +done


def test_statistics_and_affine_take_8_per_element_and_2_per_channel() -> None:
    op = BatchNorm(track=False)
    shape = (32, 64, 28, 28)
    elements = 32 * 64 * 28 * 28
    assert sum(ledger(op, shape).values()) == 8 * elements + 2 * 64


def test_at_test_time_batch_norm_takes_4_per_element_and_2_per_channel() -> None:
    assert ledger(BatchNorm(), (2, 3, 5, 5)) == {"add": 300 + 3, "mul": 150, "div": 150, "special": 3}


def test_roles_are_main() -> None:
    for op in (BatchNorm(), InstanceNorm(affine=True), GroupNorm(groups=2), LayerNorm(), RMSNorm()):
        assert {work.role for work in op.work((2, 4, 3), (2, 4, 3)) or ()} == {"main"}


@pytest.mark.parametrize(
    ("op", "shape", "message"),
    [
        (BatchNorm(), (8,), "needs a batch and channels, not 1 axes"),
        (InstanceNorm(), (1, 8), "needs a batch, channels and spatial axes, not 2 axes"),
        (GroupNorm(groups=3), (1, 64, 8), "input channels 64 are not divisible by groups 3"),
        (LayerNorm(axes=3), (1, 197, 768), "normalises over the last 3 axes, but its input has 3 with the batch"),
        (RMSNorm(), (1,), "normalises over the last 1 axes, but its input has 1 with the batch"),
    ],
)
def test_refuses(op: Op, shape: Shape, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check(shape)
    assert caught.value.what == message


def gradients(op: Op, shape: Shape, x: Array, gamma: Array | None, dy: Array, hats: Array, roots: Array) -> Any:
    """dx, dγ and dβ by their definitions, from the normalised x and the roots that the forward pass has computed."""
    place = partial(place_of, op, shape)
    groups = gathered(x, partial(group_of, op, shape))
    learned = gathered(x, place)
    d_beta = {key: total([dy[i] for i in members]) for key, members in learned.items()}
    d_gamma = {key: total([dy[i] * hats[i] for i in members]) for key, members in learned.items()}
    g = {i: dy[i] * gamma[place(i)] for i in x} if gamma is not None else dy
    dx: Array = {}
    for key, members in groups.items():
        projected = total([g[i] * hats[i] for i in members]) / len(members)
        if isinstance(op, RMSNorm):
            dx |= {i: (g[i] - hats[i] * projected) / roots[key] for i in members}
        else:
            mean = total([g[i] for i in members]) / len(members)
            dx |= {i: (g[i] - mean - hats[i] * projected) / roots[key] for i in members}
    return dx, d_gamma, d_beta


def batch_gradients(op: Op, shape: Shape, x: Array, gamma: Array | None, dy: Array, hats: Array, roots: Array) -> Any:
    """The same where γ is one number for all of a group: its sums are the learned numbers' gradients."""
    dx: Array = {}
    d_gamma, d_beta = {}, {}
    for key, members in gathered(x, partial(group_of, op, shape)).items():
        d_beta[key] = total([dy[i] for i in members])
        d_gamma[key] = total([dy[i] * hats[i] for i in members])
        mean, projected = d_beta[key] / len(members), d_gamma[key] / len(members)
        inner = {i: dy[i] - mean - hats[i] * projected for i in members}
        if gamma is None:
            dx |= {i: value / roots[key] for i, value in inner.items()}
        else:
            factor = gamma[key] / roots[key]
            dx |= {i: value * factor for i, value in inner.items()}
    return dx, d_gamma, d_beta


def kept_gradients(op: Op, shape: Shape, x: Array, gamma: Array | None, dy: Array, hats: Array, roots: Array) -> Any:
    """The same where mean and variance are numbers that training has kept."""
    dx: Array = {}
    d_gamma, d_beta = {}, {}
    for key, members in gathered(x, partial(group_of, op, shape)).items():
        d_beta[key] = total([dy[i] for i in members])
        d_gamma[key] = total([dy[i] * hats[i] for i in members])
        if gamma is None:
            dx |= {i: dy[i] / roots[key] for i in members}
        else:
            factor = gamma[key] / roots[key]
            dx |= {i: dy[i] * factor for i in members}
    return dx, d_gamma, d_beta


@given(norms(), st.booleans())
def test_gradients_are_those_of_a_definition_that_computes_what_torch_does(
    case: tuple[Op, Shape], trained: bool
) -> None:
    op, shape = case
    module = torchs(op, shape)
    op = op.in_training(trained)
    define_gradients = gradients
    if isinstance(op, BatchNorm):
        module.train(trained)
        define_gradients = batch_gradients if trained else gradients if not op.track else kept_gradients
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(0.5, 2)
    x, dy = (torch.randn(shape, dtype=torch.float64) for _ in range(2))
    leaves = [x.requires_grad_(), *module.parameters()]
    y = module(x)
    expected = torch.autograd.grad(y, leaves, dy)
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    hats, roots = normalised_by_torch(op, shape, x.detach())
    with torch.no_grad():
        gamma = None if weight is None else unpacked(weight)
        found = define_gradients(op, shape, unpacked(x), gamma, unpacked(dy), hats, roots)
        for gradient, leaf, values in zip(
            expected, leaves, [value for value, kept in zip(found, (x, weight, bias), strict=True) if kept is not None],
            strict=True,
        ):  # fmt: skip
            torch.testing.assert_close(packed(values, tuple(leaf.shape)), gradient)
    assert backward_ledger(op, shape, to=[0, "weight", "bias"]) == counted_gradients(op, shape, define_gradients)


def normalised_by_torch(op: Op, shape: Shape, x: torch.Tensor) -> tuple[Array, Array]:
    """The normalised x, and the root of each group."""
    kept = isinstance(op, BatchNorm) and not isinstance(op, TrainedBatchNorm) and op.track
    hats: Array = {}
    roots: Array = {}
    for key, members in gathered(unpacked(x), partial(group_of, op, shape)).items():
        values = torch.stack([x[i] for i in members])
        mean = 0 if kept or isinstance(op, RMSNorm) else values.mean()
        variance = torch.ones(()) if kept else ((values - mean) ** 2).mean()
        roots[key] = (variance + EPS).sqrt()
        hats |= {i: (x[i] - mean) / roots[key] for i in members}
    return hats, roots


def counted_gradients(op: Op, shape: Shape, define_gradients: Callable[..., Any]) -> Counter[str]:
    """What the definition performs of it: without γ and β, less their gradients, which it computes all the same."""
    weights = op.weights(shape)
    gamma = array(weights["weight"]) if "weight" in weights else None
    x, roots = array(shape), defaultdict[Index, Number](Number)
    with tallied() as done:
        define_gradients(op, shape, x, gamma, array(shape), array(shape), roots)
    learned = len(gathered(x, partial(place_of, op, shape)))
    unused = Counter[str]()
    if define_gradients is not batch_gradients:
        unused["add"] = (len(x) - learned) * (("weight" not in weights) + ("bias" not in weights))
        unused["mul"] = len(x) * ("weight" not in weights)
    return done - unused


def test_training_normalises_by_the_batch() -> None:
    shape = (32, 64, 28, 28)
    elements = 32 * 64 * 28 * 28
    op = BatchNorm().in_training(True)
    work = op.work(shape, shape)
    assert work is not None
    parts = Counter[str]()
    for entry in work:
        parts[entry.part] += entry.count
    assert parts == {
        "mean": elements, "variance": 3 * elements, "normalise": 2 * elements + 2 * 64,
        "scale and shift": 2 * elements, "running": 6 * 64,
    }  # fmt: skip
    assert {entry.role for entry in (*work, *backward_work(op, shape))} == {"statistics"}
    assert sum(LECTURE.price(entry, op) for entry in work) == 8 * elements + 2 * 64 + 6 * 64


@given(norms())
def test_trained_batch_norm_performs_the_definition_of_its_batch(case: tuple[Op, Shape]) -> None:
    drawn, shape = case
    by_batch = BatchNorm(affine=bool(drawn.weights(shape)), track=False)
    trained = by_batch.in_training(True)
    assert ledger(trained, shape) == ledger(by_batch, shape)
    tracked = ledger(BatchNorm(affine=by_batch.affine).in_training(True), shape)
    assert tracked - ledger(trained, shape) == {"mul": 4 * shape[1], "add": 2 * shape[1]}


def test_a_frozen_batch_norm_keeps_its_statistics() -> None:
    op, shape = BatchNorm(), (2, 3, 5)
    assert op.in_training(False) is op
    assert backward_ledger(op, shape, to=[0]) == {"div": 3, "mul": 30}
    assert {entry.role for entry in backward_work(op, shape)} == {"main"}


def test_no_other_normalisation_is_another_in_training() -> None:
    for op in (InstanceNorm(affine=True), GroupNorm(groups=2), LayerNorm(), RMSNorm()):
        assert op.in_training(True) is op.in_training(False) is op


def test_the_sums_of_a_batch_norm_serve_all_gradients() -> None:
    """Where nobody waits for the input's, as in a first layer, the learned numbers' are left; they need both sums."""
    op, shape = BatchNorm().in_training(True), (2, 3, 5)
    assert backward_ledger(op, shape, to=["weight", "bias"]) == {"mul": 30, "add": 2 * 27}
    assert sum(backward_ledger(op, shape).values()) == (3 + 4) * 30 + (3 - 2) * 3
