from __future__ import annotations

from flopcount.budget import wording
from flopcount.verdict import Held, Verdict


def test_layers_of_one_place_name_it_once() -> None:
    places = ("net.yaml:3:5", "net.yaml:3:5", "net.yaml:9:5", "", "node 7")
    holds = tuple(Held(f"layer{number}", "conv", 1, where=where) for number, where in enumerate(places))
    assert wording.ops(Verdict("ops", "deny", "error", "over", "conv", 0, 6, holds=holds)) == (
        "the model may not have conv, yet it has layer0 (conv); layer1 (conv) [net.yaml:3:5]; "
        "layer2 (conv) [net.yaml:9:5]; layer3 (conv); layer4 (conv) [node 7] and 1 more"
    )
