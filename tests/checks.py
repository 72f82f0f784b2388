"""A check with one of everything, for those that show it."""

from __future__ import annotations

from flopcount.verdict import Change, Check, Held, ModelCheck, Problem, Verdict, status_of

HOSTILE = "evil\x1b[31m\r\n::error::name,a:b%|<&>"
FC = Held("fc", "linear", 2_890, 2_000, "nets/net.yaml:7:5")
FIRST = Held("first", "conv", 224, None, "nets/net.yaml:5:5")
MODELS = (
    ModelCheck(
        "nets/net.yaml", "nets/net.yaml", ("input 1×3×8×8 float32",), settings={"width": "8"}, compared="nets/net.yaml",
        verdicts=(
            Verdict("macs", "max", "error", "within", "600M", 600_000_000, 10_656, unit="MAC"),
            Verdict(
                "params", "max", "error", "over", "3K", 3_000, 3_114, where="flopcount.yaml:3:9",
                message="params 3.11 K is over the limit of 3.00 K by 114 (+3.8 %)", holds=(FC, FIRST), grew=(FC,),
                culprit="nets/net.yaml:7:5",
            ),
            Verdict(
                "weight_bytes", "max_increase", "warn", "over", "2%", 10_200, 12_456, 10_000, unit="B",
                where="flopcount.yaml:5:9", message="weight_bytes grew", culprit="flopcount.yaml:5:9",
            ),
            Verdict("flops:torch", "max_increase", "error", "not compared", "2%", None, 9, message="no base has it"),
        ),
        changes=(Change("params", 2_224, 3_114), Change("macs", 10_700, 10_656)),
        layers={"params": (FC,)},
    ),
    ModelCheck(
        HOSTILE, HOSTILE, note="new: the baseline does not have it", uncounted=("magic",),
        verdicts=(
            Verdict("params", "max", "error", "incomplete", "1M", 10**6, 40, message=f"{HOSTILE} cannot be counted"),
            Verdict("ops", "deny", "error", "over", "lrn", 0, 1, message="it may not have lrn"),
        ),
    ),
    ModelCheck(
        "gone.yaml", "gone.yaml",
        problem=Problem("no such op 'cnv'", "a b/gone.yaml:3:5", "error: a b/gone.yaml:3:5\n  no such op 'cnv'"),
    ),
)  # fmt: skip
EVERYTHING = Check(
    "VERSION", MODELS, "base.json", ("old.yaml",), ("a notice",), "sub folder", status_of(MODELS)
)  # fmt: skip
