#!/usr/bin/env python3
"""Writes a quantised checkpoint that contradicts itself, or that nobody supports.

    hostile.py CASE FOLDER
    hostile.py --list

Each case is a form of forms.py with one thing wrong, and the words that the one sentence about it must have: names, the
words of quantization_config, both numbers. Where it is a tuple, one of its words is enough.
"""
import argparse
import copy
import struct
from pathlib import Path

from checkpoint import write_checkpoint
from forms import FORMS

UP = "model.layers.0.mlp.experts.1.up_proj"
DOWN = "model.layers.1.mlp.experts.2.down_proj"
QUERY = "model.layers.1.self_attn.q_proj"
NOT_A_NUMBER = ("NaN", "nan", "not a number", "not finite")


class Checkpoint:
    """A form in memory, of which one thing is changed before it is written."""

    def __init__(self, form):
        self.form = FORMS[form]
        config, _, self.tensors, _ = self.form.make()
        # Copies, for cases change what is inside.
        self.config, self.files = copy.deepcopy(config), copy.deepcopy(self.form.files)
        self.missing_bytes = 0

    @property
    def quantization(self):
        return self.config["quantization_config"]

    @property
    def weights(self):
        return self.quantization["config_groups"]["group_0"]["weights"]

    def write(self, folder):
        write_checkpoint(folder, self.config, self.tensors, self.files, self.form.shards)
        if self.missing_bytes:
            path = folder / "model.safetensors"
            path.write_bytes(path.read_bytes()[:-self.missing_bytes])

    def drop(self, name):
        del self.tensors[name]

    def replace(self, name, dtype=None, shape=None, data=None):
        old = self.tensors[name]
        self.tensors[name] = dtype or old[0], shape or old[1], data or old[2]

    def patch(self, name, place, data):
        old = self.tensors[name][2]
        self.replace(name, data=old[:place] + data + old[place + len(data):])

    def store_wide(self, name):
        """A quantised linear becomes a plain one."""
        shape = self.form.model.shapes[f"{name}.weight"]
        for tensor in [tensor for tensor in self.tensors if tensor.startswith(f"{name}.")]:
            self.drop(tensor)
        self.tensors[f"{name}.weight"] = "BF16", shape, bytes(2 * shape[0] * shape[1])


CASES = {}


def case(form, *words):
    """Makes a function that changes a Checkpoint a case of its name, hyphens for underscores."""
    def register(change):
        CASES[change.__name__.replace("_", "-")] = form, change, words
        return change
    return register


# What the configuration says of a linear, and what the file has.

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


@case("ct-mxfp8", "model.layers.0.self_attn.q_proj", "quantization_config")
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


@case("ct-int4-kimi", f"{DOWN}.weight_shape", "999")
def weight_shape_of_another(it):
    it.patch(f"{DOWN}.weight_shape", 8, struct.pack("<q", 999))


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


# The configuration.

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


def make_case(name, folder):
    form, change, _ = CASES[name]
    checkpoint = Checkpoint(form)
    change(checkpoint)
    checkpoint.write(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", choices=CASES, metavar="CASE")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--list", action="store_true", help="the cases, each with its form and the words of its sentence")
    arguments = parser.parse_args()
    if arguments.list:
        for name, (form, _, words) in CASES.items():
            print(name, form, *(word if isinstance(word, str) else "|".join(word) for word in words), sep="\t")
    elif arguments.folder:
        make_case(arguments.case, arguments.folder)
    else:
        parser.error("a case and a folder, or --list")


if __name__ == "__main__":
    main()
