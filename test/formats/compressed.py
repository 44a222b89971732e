"""compressed-tensors, as llm-compressor and Kimi's authors write it: FP4, FP8, INT4 and INT8 by group, channel and block."""
import struct

from codes import E2M1, E4M3, INT4, INT8, OFFSET8, UINT4, split, transposed, two_a_byte, words_along_rows


def nvfp4(x):
    """e4m3 scales for each 16 along K; the product is DIVIDED by the tensor's global scale."""
    codes, (stored, scales) = x.codes(E2M1), x.small_scales(x.rows * x.columns // 16)
    globes, (globe,) = x.scales("F32", 1, 220 / x.unit(E2M1), "global")
    x.put("weight_packed", "U8", [x.rows, x.columns // 2], two_a_byte(codes))
    x.put("weight_scale", "F8_E4M3", [x.rows, x.columns // 16], stored)
    x.put("weight_global_scale", "F32", [1], globes)
    x.put("input_global_scale", "F32", [1], activations := x.scales("F32", 1, 12.0, "input")[0])
    factor = {"global-inverse": globe, "global-lost": 1}.get(x.damage, 1 / globe)
    x.value(E2M1, codes, scales, (1, 16), factor * x.damaged_by("input-scale", activations))


def mxfp4(x):
    codes, (stored, scales) = x.codes(E2M1), x.exponents(x.rows * x.columns // 32, x.unit(E2M1))
    x.put("weight_packed", "U8", [x.rows, x.columns // 2], two_a_byte(codes))
    x.put("weight_scale", "U8", [x.rows, x.columns // 32], stored)
    x.value(E2M1, codes, scales, (1, 32))


def mxfp8(x):
    codes, (stored, scales) = x.codes(E4M3), x.exponents(x.rows * x.columns // 32, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale", "U8", [x.rows, x.columns // 32], stored)
    x.value(E4M3, codes, scales, (1, 32))


def packed_integers(x, bits, table, group):
    """`bits` a code in words of 32, the first lowest, each with half of its range added; a last group may be partial."""
    codes, (_, groups) = x.codes(table), x.grid((1, group))
    stored, scales = x.scales("BF16", x.rows * groups, x.unit(table))
    columns = -(-x.columns * bits // 32)
    x.put("weight_packed", "I32", [x.rows, columns], words_along_rows(codes, x.rows, x.columns, bits))
    x.put("weight_scale", "BF16", [x.rows, groups], stored)
    x.put("weight_shape", "I64", [2], struct.pack("<qq", x.rows, x.columns))
    x.value(range(256) if x.damage == "no-offset" else table, codes, scales, (1, group))


def int4_kimi(x):
    packed_integers(x, 4, INT4, 32)


def int4_group(x):
    packed_integers(x, 4, INT4, 128)


def int8_group(x):
    packed_integers(x, 8, OFFSET8, 128)


def int4_zeros(x, group=128):
    """Zero points as codes of 4 bits, eight in a word along N; code - zero is worth one scale."""
    codes, (_, groups) = x.codes(UINT4), x.grid((1, group))
    zeros = x.codes(UINT4, "zeros", x.rows * groups)
    stored, scales = x.scales("BF16", x.rows * groups, 0.7 * x.unit(INT4))
    words = split(words_along_rows(transposed(zeros, x.rows, groups), groups, x.rows, 4), 4)
    high = -(-x.rows // 8)
    x.put("weight_packed", "I32", [x.rows, -(-x.columns // 8)], words_along_rows(codes, x.rows, x.columns, 4))
    x.put("weight_scale", "BF16", [x.rows, groups], stored)
    x.put("weight_zero_point", "I32", [high, groups], b"".join(transposed(words, groups, high)))
    x.put("weight_shape", "I32", [2], struct.pack("<ii", x.rows, x.columns))
    if x.damage == "zero-axis":  # eight zeros in a word are those of eight groups
        zeros = transposed(zeros, groups, x.rows)
    x.value(UINT4, codes, scales, (1, group), zeros=list(zeros))


def int8_channel(x):
    codes, (stored, scales) = x.codes(INT8), x.scales("BF16", x.rows, x.unit(INT8))
    x.put("weight", "I8", [x.rows, x.columns], codes)
    x.put("weight_scale", "BF16", [x.rows, 1], stored)
    x.value(range(256) if x.damage == "no-sign" else INT8, codes, scales, (1, x.columns))


def fp8_channel(x):
    codes, (stored, scales) = x.codes(E4M3), x.scales("BF16", x.rows, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale", "BF16", [x.rows, 1], stored)
    x.value(E4M3, codes, scales, (1, x.columns))


def fp8_block(x):
    codes, (high, wide) = x.codes(E4M3), x.grid((128, 128))
    stored, scales = x.scales("BF16", high * wide, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale", "BF16", [high, wide], stored)
    x.value(E4M3, codes, scales, (128, 128))


def numbers(bits, kind, strategy, **others):
    """QuantizationArgs as the tool saves them."""
    return {"actorder": None, "block_structure": None, "dynamic": False, "group_size": None, "num_bits": bits,
            "observer": "minmax", "observer_kwargs": {}, "scale_dtype": None, "strategy": strategy, "symmetric": True,
            "type": kind, "zp_dtype": None} | others


def scheme(form, targets, weights, inputs=None):
    return {"format": form, "input_activations": inputs, "output_activations": None, "targets": targets, "weights": weights}


FP4 = {"group_size": 16, "scale_dtype": "torch.float8_e4m3fn", "zp_dtype": "torch.float8_e4m3fn"}
MX = {"group_size": 32, "scale_dtype": "torch.uint8", "zp_dtype": "torch.uint8"}
TOKENS = {"dynamic": True, "observer": None}
NVFP4 = ("nvfp4-pack-quantized", numbers(4, "float", "tensor_group", **FP4),
         numbers(4, "float", "tensor_group", **FP4, dynamic="local", observer="static_minmax"))
MXFP4 = "mxfp4-pack-quantized", numbers(4, "float", "group", **MX), None
MXFP8 = "mxfp8-quantized", numbers(8, "float", "group", **MX), numbers(8, "float", "group", **MX, **TOKENS)
INT4_KIMI = "pack-quantized", numbers(4, "int", "group", group_size=32), None
INT4_GROUP = "pack-quantized", numbers(4, "int", "group", group_size=128), None
INT4_ZEROS = "pack-quantized", numbers(4, "int", "group", group_size=128, symmetric=False), None
INT8_GROUP = "pack-quantized", numbers(8, "int", "group", group_size=128), None
INT8_CHANNEL = "int-quantized", numbers(8, "int", "channel"), numbers(8, "int", "token", **TOKENS)
FP8_TENSOR = numbers(8, "float", "tensor")
FP8_CHANNEL = "float-quantized", numbers(8, "float", "channel"), numbers(8, "float", "token", **TOKENS)
FP8_BLOCK = ("float-quantized", numbers(8, "float", "block", block_structure=[128, 128]),
             numbers(8, "float", "group", group_size=128, **TOKENS))


def config(ignore, *schemes, cache=None):
    """`schemes`: (targets, (format, weights, input activations)), a group of the configuration each; `cache`: of KV."""
    groups = {f"group_{number}": scheme(form, targets, weights, inputs)
              for number, (targets, (form, weights, inputs)) in enumerate(schemes)}
    forms = {group["format"] for group in groups.values()}
    return {"config_groups": groups, "format": forms.pop() if len(forms) == 1 else "mixed-precision",
            "global_compression_ratio": None, "ignore": ignore, "kv_cache_scheme": cache,
            "quant_method": "compressed-tensors", "quantization_status": "compressed", "sparsity_config": {},
            "transform_config": {}, "version": "0.12.2"}
