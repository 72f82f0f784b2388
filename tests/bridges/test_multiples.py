from __future__ import annotations

from flopcount.api import analyze
from flopcount.bridges.multiples import fitted
from flopcount.engine import Layer

LAYERS = {layer.node.name: layer for layer in analyze("resnet18").layers}
SIZES = [64 * 112 * 112, 64 * 56 * 56]


def norms() -> list[Layer]:
    return [LAYERS["bn1"], LAYERS["layer1.0.bn1"]]


def test_so_many_per_element_in_every_layer() -> None:
    assert fitted(norms(), [2 * size for size in SIZES], [5 * size for size in SIZES]) == ("elements", sum(SIZES), 2, 5)


def test_the_smallest_prices_are_the_plainest() -> None:
    """128 parameters of either: 3 of each is said of them, though elements are more."""
    assert fitted(norms(), [0, 0], [3 * 128] * 2) == ("parameters per sample", 256, 0, 3)


def test_what_holds_in_one_layer_alone_is_no_multiple() -> None:
    assert fitted(norms(), [0, 0], [2 * SIZES[0], 3 * SIZES[1]]) is None
    assert fitted(norms(), [0, 0], [2 * SIZES[0] + 1, 2 * SIZES[1] + 1]) is None


def test_taps_of_windows() -> None:
    pool = [LAYERS["maxpool1"]]
    assert fitted(pool, [0], [9 * 64 * 56 * 56]) == ("taps", 9 * 64 * 56 * 56, 0, 1)
