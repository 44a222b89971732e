"""Shapes, types and values of stored tensors."""
import struct

from .case import DOWN, FUSED, NOT_A_NUMBER, case


# Shapes.

@case("ct-mxfp4", f"{DOWN}.weight_scale")
def scale_shape(it):
    rows, columns = it.tensors[f"{DOWN}.weight_scale"][1]
    it.replace(f"{DOWN}.weight_scale", shape=[rows // 2, 2 * columns])


@case("fp8-deepseek", f"{DOWN}.weight_scale_inv")
def scale_grid_rounded_down(it):
    high, wide = it.tensors[f"{DOWN}.weight_scale_inv"][1]
    it.replace(f"{DOWN}.weight_scale_inv", shape=[high, wide - 1], data=bytes(4 * high * (wide - 1)))


@case("gpt-oss-mxfp4", "model.layers.1.mlp.experts.down_proj_scales")
def expert_scales_of_fewer_blocks(it):
    name = "model.layers.1.mlp.experts.down_proj_scales"
    experts, rows, blocks = it.tensors[name][1]
    it.replace(name, shape=[experts, rows, blocks - 1], data=bytes([120]) * (experts * rows * (blocks - 1)))


@case("ct-int8-channel", f"{DOWN}.weight_scale", "[1,")
def channel_scales_along_k(it):
    _, (rows, _), _ = it.tensors[f"{DOWN}.weight_scale"]
    it.replace(f"{DOWN}.weight_scale", shape=[1, rows])


@case("ct-int4-kimi", f"{DOWN}.weight_shape", "999")
def weight_shape_of_another(it):
    it.patch(f"{DOWN}.weight_shape", 8, struct.pack("<q", 999))


@case("ct-int4-g128", f"{DOWN}.weight_packed", "318", "320")
def weight_shape_of_fewer_columns(it):
    it.patch(f"{DOWN}.weight_shape", 8, struct.pack("<q", 318))


@case("ct-int4-zeros", f"{DOWN}.weight_zero_point")
def zero_points_along_k(it):
    rows, groups = it.tensors[f"{DOWN}.weight_scale"][1]
    it.replace(f"{DOWN}.weight_zero_point", shape=[rows, 1], data=bytes(4 * rows))


@case("ct-int4-g128", "group_size", "64", "weight_scale")
def group_size_of_another_grid(it):
    it.weights["group_size"] = 64


@case("quark-mxfp4", "group_size", "48")
def group_size_that_no_block_has(it):
    it.quantization["global_quant_config"]["weight"]["group_size"] = 48


@case("gptq", "group_size", "64")
def gptq_group_size_of_another_grid(it):
    it.quantization["group_size"] = 64


# Values.

@case("fp8-qwen", f"{DOWN}.weight_scale_inv", NOT_A_NUMBER)
def scale_is_nan(it):
    it.patch(f"{DOWN}.weight_scale_inv", 2, struct.pack("<H", 0x7FC0))


@case("quark-mxfp4", f"{DOWN}.weight_scale", NOT_A_NUMBER)
def exponent_is_nan(it):
    it.patch(f"{DOWN}.weight_scale", 77, b"\xff")


@case("ct-nvfp4", f"{DOWN}.weight_global_scale", ("0", "zero"))
def global_scale_is_zero(it):
    it.patch(f"{DOWN}.weight_global_scale", 0, struct.pack("<f", 0))


@case("ct-nvfp4", f"{DOWN}.weight_global_scale", "inf", "positive")
def global_scale_is_infinite(it):
    it.patch(f"{DOWN}.weight_global_scale", 0, struct.pack("<f", float("inf")))


@case("ct-nvfp4", f"{DOWN}.weight_global_scale", "-3000", "positive")
def global_scale_is_negative(it):
    it.patch(f"{DOWN}.weight_global_scale", 0, struct.pack("<f", -3000))


@case("quark-fp8-tensor", f"{FUSED}.weight_scale", "-0.5", "positive")
def scale_of_a_tensor_is_negative(it):
    it.patch(f"{FUSED}.weight_scale", 0, struct.pack("<f", -0.5))


@case("gptq-act-order", f"{DOWN}.g_idx", "99")
def g_idx_out_of_range(it):
    it.patch(f"{DOWN}.g_idx", 20, struct.pack("<i", 99))


@case("ct-int4-g128", f"{DOWN}.weight_packed", "F32")
def codes_of_another_type(it):
    it.replace(f"{DOWN}.weight_packed", dtype="F32")


@case("ct-fp8-channel", f"{DOWN}.weight_scale", "I16")
def scales_of_another_type(it):
    it.replace(f"{DOWN}.weight_scale", dtype="I16")


@case("ct-mxfp8", "model.safetensors")
def truncated(it):
    it.missing_bytes = 100_000
