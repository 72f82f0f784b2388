"""A spread of timm's models against torch's own counter: a few in every run, one or two of each family by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from flopcount.readers.torch import read
from tests.readers.torch.witness import elements, on_meta, report, torchs_flops

SAMPLE = (
    "convnext_atto",
    "coatnet_0_rw_224",
    "nf_resnet26",
    "mixer_s16_224",
    "tf_efficientnet_b0",
    "vit_tiny_patch16_224",
)
SPREAD = (
    "beit_base_patch16_224", "bat_resnext26ts", "cait_xxs24_224", "coat_lite_mini", "convit_tiny",
    "convmixer_768_32", "crossvit_9_240", "cspdarknet53", "davit_tiny", "deit3_small_patch16_224", "densenet121",
    "dla34", "dpn68", "edgenext_xx_small", "efficientformer_l1", "efficientvit_b0", "eva02_tiny_patch14_224",
    "fastvit_t8", "focalnet_tiny_srf", "gcvit_xxtiny", "gernet_s", "ghostnet_100", "gmlp_s16_224", "halonet26t",
    "hardcorenas_a", "hgnet_tiny", "hiera_tiny_224", "hrnet_w18_small", "inception_next_tiny",
    "inception_resnet_v2", "inception_v4", "lambda_resnet26t", "levit_128", "lcnet_050", "maxvit_tiny_rw_224",
    "mnasnet_small", "mobilenetv4_conv_small", "mobileone_s0", "mobilevit_xxs", "mobilevitv2_050", "mvitv2_tiny",
    "nasnetalarge", "nest_tiny", "nextvit_small", "dm_nfnet_f0", "pit_ti_224", "pnasnet5large", "poolformer_s12",
    "pvt_v2_b0", "regnety_002", "repghostnet_050", "repvgg_a0", "repvit_m0_9", "res2net50_14w_8s", "resmlp_12_224",
    "resnest14d", "resnetv2_50x1_bit", "rexnet_100", "sebotnet33ts_256", "selecsls42b", "senet154", "sequencer2d_s",
    "shvit_s1", "skresnet18", "swiftformer_xs", "swin_tiny_patch4_window7_224", "swinv2_tiny_window8_256",
    "swinv2_cr_tiny_224", "tiny_vit_5m_224", "tinynet_a", "tnt_s_legacy_patch16_224", "tresnet_m",
    "twins_svt_small", "vgg11", "visformer_tiny", "vit_base_r50_s16_224", "vit_relpos_small_patch16_224",
    "vit_so150m_patch16_reg4_gap_256", "volo_d1_224", "vovnet39a", "xception65", "xcit_tiny_12_p8_224",
)  # fmt: skip


@pytest.mark.parametrize("name", [*SAMPLE, *(pytest.param(name, marks=pytest.mark.slow) for name in SPREAD)])
def test_torch_counts_the_same(timm: Any, name: str) -> None:
    counted = report(read(f"timm:{name}"))
    model = timm.create_model(name, pretrained=False)
    assert counted.totals["params"].value == elements(model)
    model = on_meta(model)
    for module in model.modules():  # tensors that are no buffers: `to` leaves them where they are
        for key, value in vars(module).items():
            if isinstance(value, torch.Tensor):
                setattr(module, key, value.to("meta"))
    shape = counted.graph.inputs[0].shape
    assert counted.uncounted == (), counted.graph.provenance.notes
    assert counted.totals["count"].value == torchs_flops(model, torch.empty(shape, device="meta"))
