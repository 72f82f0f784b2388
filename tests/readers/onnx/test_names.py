from __future__ import annotations

from flopcount.readers.onnx.names import Unique, joined, layer_names, operator, path_of
from flopcount.readers.onnx.records import GraphRecord, NodeRecord


def node(
    op_type: str, name: str, *inputs: str, outputs: tuple[str, ...] = (), scopes: tuple[str, ...] = ()
) -> NodeRecord:
    return NodeRecord(op_type, "", name, inputs, outputs, {}, 0, scopes)


def names(*nodes: NodeRecord, weights: tuple[str, ...] = ()) -> list[str]:
    return layer_names(GraphRecord("g", list(nodes)), frozenset(weights))


def test_scopes_of_torchs_older_exporter() -> None:
    assert path_of(node("Conv", "/layer1/layer1.0/conv1/Conv")) == "layer1.0.conv1"
    assert path_of(node("Conv", "/features/features.1/conv/conv.0/conv.0.0/Conv")) == "features.1.conv.0.0"
    assert (
        path_of(node("MatMul", "/encoder/layer.0/attention/self/query/MatMul"))
        == "encoder.layer.0.attention.self.query"
    )
    assert path_of(node("Gemm", "/fc/Gemm")) == "fc"


def test_scopes_of_torchs_newer_exporter() -> None:
    scopes = ("", "layer1", "layer1.0", "layer1.0.conv1", "conv2d_3")
    assert path_of(node("Conv", "node_conv2d_3", scopes=scopes)) == "layer1.0.conv1"
    assert names(node("Erf", "node_Erf_3", scopes=("", "act", "gelu"))) == ["act"]


def test_paths_of_tensorflow() -> None:
    name = "StatefulPartitionedCall/resnet50/conv1_conv/Conv2D"
    assert path_of(node("Conv", name)) == "resnet50.conv1_conv"


def test_weights_name_the_layers_of_older_files() -> None:
    assert names(node("Conv", "Conv_0", "x", "layer1.0.conv1.weight"), weights=("layer1.0.conv1.weight",)) == [
        "layer1.0.conv1"
    ]


def test_a_module_that_is_one_node_names_it() -> None:
    found = names(
        node("Conv", "/a/conv/Conv"), node("Relu", "/a/act/Relu"), node("Add", "/a/Add"), node("Relu", "/a/act/Relu_1"),
    )  # fmt: skip
    assert found == ["a.conv", "a.act.relu", "a.add", "a.act.relu_1"]


def test_constants_of_a_module_do_not_make_it_several() -> None:
    assert names(node("Constant", "/act/Constant"), node("Clip", "/act/Clip"))[1] == "act"


def test_of_several_nodes_the_one_with_weights_has_the_name() -> None:
    found = names(
        node("Reshape", "/fc/Reshape"), node("MatMul", "/fc/MatMul", "x", "w"), node("Relu", "/fc/Relu"), weights=("w",)
    )
    assert found == ["fc.reshape", "fc", "fc.relu"]


def test_a_weight_that_is_used_within_another_module_names_its_own() -> None:
    weights = ("attn.qkv.weight", "attn.proj.bias", "onnx::MatMul_7")
    found = names(
        node("MatMul", "/attn/MatMul", "x", "attn.qkv.weight"),
        node("MatMul", "/attn/MatMul_1", "z", "onnx::MatMul_7", outputs=("p",)),
        node("Add", "/attn/Add", "attn.proj.bias", "p"),
        weights=weights,
    )
    assert found[:2] == ["attn.qkv", "attn.proj"]


def test_a_convolution_under_the_name_of_the_norm_that_it_took_in() -> None:
    found = names(node("Conv", "n0", "x", "conv1.weight", scopes=("", "bn1", "batch_norm")), weights=("conv1.weight",))
    assert found == ["conv1"]


def test_a_tied_weight_leaves_the_second_layer_its_own_name() -> None:
    found = names(node("MatMul", "/lm_head/MatMul", "x", "transformer.wte.weight"), weights=("transformer.wte.weight",))
    assert found == ["lm_head"]


def test_without_any_names_the_operator_is_one() -> None:
    assert names(node("Conv", ""), node("Relu", "my_relu"), node("", "")) == ["conv", "my_relu", "node"]
    assert operator(node("Add", "/x/Add_12")) == "add_12"
    assert operator(node("Conv", "x/Conv2D")) == "Conv2D"


def test_joined_scopes() -> None:
    assert joined(["layer1", "layer1.0", "conv1"]) == "layer1.0.conv1"
    assert joined(["a", "b", "b.0", "b.0.1", "c"]) == "a.b.0.1.c"


def test_names_are_numbered_where_they_repeat() -> None:
    unique = Unique()
    assert [unique.of(name) for name in ("a", "a_1", "a", "a", "")] == ["a", "a_1", "a_2", "a_3", "node"]


def test_a_convolution_that_took_in_a_norm_of_another_module_has_its_weights_name() -> None:
    scopes = ("", "layer1", "layer1.0", "layer1.0.bns.0", "batch_norm")
    weights = ("layer1.0.convs.0.weight", "layer1.0.convs.0.weight_bias")
    assert names(node("Conv", "node_Conv_7", "x", *weights, scopes=scopes), weights=weights) == ["layer1.0.convs.0"]
    far = ("", "block2", "block2.bn", "batch_norm")
    assert names(node("Conv", "n", "x", "block1.c.conv.weight", scopes=far), weights=("block1.c.conv.weight",)) == [
        "block1.c.conv"
    ]


def test_a_weight_that_two_layers_read_names_neither_from_afar() -> None:
    found = names(
        node("Conv", "/blocks.0/cpe/Conv", "x", "shared.weight"),
        node("Conv", "/blocks.1/cpe/Conv", "y", "shared.weight"),
        weights=("shared.weight",),
    )
    assert found == ["blocks.0.cpe", "blocks.1.cpe"]


def test_a_weight_that_is_standardised_first_still_gives_its_layer_the_modules_name() -> None:
    found = names(
        node("Reshape", "/conv/Reshape", "conv.weight", "s", outputs=("flat",)),
        node("BatchNormalization", "/conv/BatchNormalization", "flat", "s", "s", "s", "s", outputs=("norm",)),
        node("Conv", "/conv/Conv", "x", "norm", outputs=("y",)),
        node("Relu", "/act/Relu", "y"),
        weights=("conv.weight", "s"),
    )
    assert found[2:] == ["conv", "act"]


def test_a_module_that_was_called_by_itself_has_its_whole_name() -> None:
    found = names(node("Gemm", "/fc/Gemm", "x", "head.fc.weight"), weights=("head.fc.weight",))
    assert found == ["head.fc"]


def test_a_node_that_the_runtime_has_fused_is_its_modules() -> None:
    name = "/encoder/layer.0/attention/self/key/MatMul/MatMulAddFusion"
    assert path_of(node("Gemm", name)) == "encoder.layer.0.attention.self.key"
    assert names(node("Gemm", name, "x", "w", "b"), weights=("w", "b")) == ["encoder.layer.0.attention.self.key"]
