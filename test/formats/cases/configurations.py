"""What no reader of a configuration understands."""
from .case import case


@case("gptq", "quant_method", "bitnet")
def method_bitnet(it):
    it.quantization["quant_method"] = "bitnet"


@case("gptq", "quant_method", "hqq")
def method_hqq(it):
    it.config["quantization_config"] = {"quant_method": "hqq", "quant_config": {"weight_quant_params": {"nbits": 4}}}


@case("awq", "quant_method")
def no_method(it):
    del it.quantization["quant_method"]


@case("modelopt-nvfp4", "quant_algo", "W4A8_AWQ")
def unknown_algorithm(it):
    it.quantization["quant_algo"] = "W4A8_AWQ"
    it.files["hf_quant_config.json"]["quantization"]["quant_algo"] = "W4A8_AWQ"


@case("ct-int4-g128", "marlin-24")
def unknown_packing(it):
    it.quantization["format"] = it.quantization["config_groups"]["group_0"]["format"] = "marlin-24"


@case("quark-mxfp4", "int4", "--quantize")
def integers_of_quark(it):
    it.quantization["global_quant_config"]["weight"]["dtype"] = "int4"


@case("awq", "bits", "8", "--quantize")
def eight_bits_of_awq(it):
    it.quantization["bits"] = 8


@case("ct-int4-g128", "quantization_config has no format")
def no_format(it):
    del it.quantization["format"], it.quantization["config_groups"]["group_0"]["format"]


@case("ct-int4-g128", "group_size", "1000000000000", "2147483647")
def group_larger_than_any(it):
    it.weights["group_size"] = 10 ** 12


@case("quark-mxfp4", "fp5")
def unknown_element_type(it):
    it.quantization["global_quant_config"]["weight"]["dtype"] = "fp5"


@case("gptq", "checkpoint_format", "marlin")
def unknown_checkpoint_format(it):
    it.quantization["checkpoint_format"] = "marlin"


@case("ct-int8-channel", "re:(")
def bad_regular_expression(it):
    it.quantization["ignore"].append("re:(")


@case("quark-mixed", "re:[")
def bad_layer_pattern(it):
    it.quantization["layer_quant_config"]["re:["] = it.quantization["global_quant_config"]


@case("fp8-deepseek", "weight_block_size")
def block_of_three_sides(it):
    it.quantization["weight_block_size"] = [1, 128, 128]


@case("fp8-qwen", "weight_block_size", "0")
def block_of_no_rows(it):
    it.quantization["weight_block_size"] = [0, 128]


@case("fp8-qwen", "quantization_config")
def configuration_is_a_list(it):
    it.config["quantization_config"] = [it.quantization]


@case("ct-nvfp4", "config_groups")
def groups_are_a_list(it):
    it.quantization["config_groups"] = list(it.quantization["config_groups"].values())


@case("gptq", "bits", "3", "--quantize")
def three_bits(it):
    it.quantization["bits"] = 3


@case("ct-int4-g128", "num_bits", "four")
def bits_in_words(it):
    it.weights["num_bits"] = "four"
