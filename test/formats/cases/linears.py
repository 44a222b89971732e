"""What the configuration says of a linear, and what the file has."""
import struct

from .case import DOWN, QUERY, UP, case


@case("quark-mxfp4", "*.experts.1.up_proj", UP)
def excluded_with_scales(it):
    it.quantization["exclude"].append("*.experts.1.up_proj")


@case("ct-int8-channel", r"re:.*layers\.1\.self_attn\..*", "model.layers.1.self_attn.")
def ignored_with_scales(it):
    it.quantization["ignore"].append(r"re:.*layers\.1\.self_attn\..*")


@case("fp8-qwen", QUERY)
def not_converted_with_scales(it):
    it.quantization["modules_to_not_convert"].append(QUERY)


@case("ct-nvfp4", QUERY)
def not_ignored_without_scales(it):
    it.store_wide(QUERY)


@case("quark-mxfp4", QUERY, "global_quant_config")
def not_excluded_without_scales(it):
    it.store_wide(QUERY)


@case("quark-mixed", "lm_head.weight", "layer_quant_config", "fp4")
def named_layer_without_scales(it):
    it.quantization["exclude"].remove("lm_head")
    it.quantization["layer_quant_config"]["lm_head"] = it.quantization["global_quant_config"]


@case("awq", DOWN, "bits 4")
def awq_expert_without_scales(it):
    it.store_wide(DOWN)


@case("gptq", DOWN, "group_size 128")
def gptq_expert_without_scales(it):
    it.store_wide(DOWN)


@case("modelopt-mixed", QUERY, "FP8")
def listed_layer_without_scales(it):
    it.store_wide(QUERY)


@case("fp8-deepseek", "model.layers.1.self_attn.kv_b_proj")
def codes_without_scales(it):
    it.drop("model.layers.1.self_attn.kv_b_proj.weight_scale_inv")


@case("quark-fp8-channel", f"{DOWN}.weight")
def scales_without_codes(it):
    it.drop(f"{DOWN}.weight")


@case("ct-nvfp4", DOWN, "weight_global_scale")
def no_global_scale(it):
    it.drop(f"{DOWN}.weight_global_scale")


@case("ct-int4-zeros", DOWN, "weight_zero_point")
def no_zero_points(it):
    it.drop(f"{DOWN}.weight_zero_point")


@case("awq", DOWN, "qzeros")
def no_awq_zero_points(it):
    it.drop(f"{DOWN}.qzeros")


@case("gptq-act-order", f"{DOWN}.g_idx", "desc_act true")
def order_that_is_lost(it):
    it.drop(f"{DOWN}.g_idx")


@case("ct-int4-g128", "weight_g_idx", "actorder group")
def order_that_was_never_stored(it):
    it.weights["actorder"] = "group"


@case("quark-fp8-channel", "symmetric", "false")
def zero_points_that_are_not_read(it):
    it.quantization["global_quant_config"]["weight"] |= {"dtype": "int8", "symmetric": False}


@case("quark-fp8-channel", "ch_axis", "1")
def channels_along_k(it):
    it.quantization["global_quant_config"]["weight"]["ch_axis"] = 1


@case("quark-mxfp4", "ch_axis", "0")
def groups_along_rows(it):
    it.quantization["global_quant_config"]["weight"]["ch_axis"] = 0


@case("quark-mxfp4", "weight_scale", "U8", "scale_format float32")
def exponents_instead_of_floats(it):
    it.quantization["global_quant_config"]["weight"]["scale_format"] = "float32"


@case("quark-mxfp4", "algo_config", "rotation", "--quantize")
def weights_that_were_rotated(it):
    it.quantization["algo_config"] = [{"name": "awq"}, {"name": "rotation", "r3": True}]


@case("modelopt-nvfp4", "config_groups.group_0.weights.num_bits", "8", "4", "NVFP4")
def bits_of_another_algorithm(it):
    it.weights["num_bits"] = 8


@case("ct-nvfp4", "/config.json", "hf_quant_config.json", "nvfp4-pack-quantized", "quant_algo FP8")
def configuration_of_another_tool(it):
    it.files["hf_quant_config.json"] = {"quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head"]}}


@case("ct-int4-g128", "weight_g_idx", "actorder dynamic")
def order_by_its_other_name(it):
    it.weights["actorder"] = "dynamic"


@case("ct-mxfp8", "model.layers.0.", "nothing in quantization_config says how")
def targets_of_nothing(it):
    it.quantization["config_groups"]["group_0"]["targets"] = ["re:.*no_proj$"]


@case("ct-int4-g128", f"{DOWN}.weight_scale", "U8")
def exponents_of_integers(it):
    name = f"{DOWN}.weight_scale"
    it.replace(name, dtype="U8", data=bytes([120]) * (len(it.tensors[name][2]) // 2))


@case("fp8-qwen", f"{DOWN}.weight_scale_inv", "F8_E4M3")
def small_scales(it):
    name = f"{DOWN}.weight_scale_inv"
    it.replace(name, dtype="F8_E4M3", data=bytes([56]) * (len(it.tensors[name][2]) // 2))


@case("ct-mixed", DOWN, "group_0", "group_1")
def two_groups_for_a_linear(it):
    it.quantization["config_groups"]["group_1"]["targets"].append(r"re:.*mlp\.experts\.2\.down_proj$")


@case("modelopt-nvfp4", "NVFP4", "FP8", "hf_quant_config.json")
def two_configurations(it):
    it.files["hf_quant_config.json"]["quantization"]["quant_algo"] = "FP8"


@case("modelopt-nvfp4", f"{DOWN}.pre_quant_scale", "modelopt", "--quantize")
def smoothing_beside_codes(it):
    it.tensors[f"{DOWN}.pre_quant_scale"] = "BF16", [256], bytes([0, 0x40]) * 256


@case("fp8-qwen", f"{DOWN}.weight_zero_point", "quant_method fp8", "quark")
def zero_point_of_fp8(it):
    it.tensors[f"{DOWN}.weight_zero_point"] = "F32", [], struct.pack("<f", 2)


@case("fp8-qwen", f"{DOWN}.weight_scale", f"{DOWN}.weight_scale_inv")
def scales_by_both_names(it):
    it.tensors[f"{DOWN}.weight_scale"] = it.tensors[f"{DOWN}.weight_scale_inv"]


@case("fp8-qwen", ".weight_scale_inv", "quantization_config", "mxfp8")
def no_configuration(it):
    del it.config["quantization_config"]


@case("gptq", (".qweight", ".qzeros", ".scales", ".g_idx"), "quant_method fp8", "gptq")
def method_of_other_tensors(it):
    it.config["quantization_config"] = {"quant_method": "fp8", "weight_block_size": [128, 128]}


@case("gptq", "/quantize_config.json", "bits", "3")
def three_bits_in_a_file_of_its_own(it):
    it.files["quantize_config.json"] = it.config.pop("quantization_config") | {"bits": 3}


@case("gptq", "128", "/quantize_config.json", "32")
def groups_of_another_file(it):
    it.files["quantize_config.json"] = it.quantization | {"group_size": 32}


@case("modelopt-mixed", "quantization_config")
def layers_that_are_not_there(it):
    it.quantization["quantized_layers"] = {"model.layers.7": {"quant_algo": "NVFP4", "group_size": 16}}
    it.files.clear()


@case("gptq", f"{QUERY}.bias", "not zero")
def bias_that_the_model_does_not_have(it):
    it.tensors[f"{QUERY.replace('.1.', '.0.')}.bias"] = "F16", [256], bytes(512)
    it.tensors[f"{QUERY}.bias"] = "F16", [256], bytes(510) + struct.pack("<e", 0.5)
