"""Quark: MXFP4, MXFP6 and FP8, alone and mixed by layer."""
from codes import E2M1, E2M3, E3M2, E4M3, four_in_three_bytes, two_a_byte


def mxfp4(x):
    """Two codes a byte, the first in the low nibble; 2^(s - 127) for each 32 along K."""
    codes, (stored, scales) = x.codes(E2M1), x.exponents(x.rows * x.columns // 32, x.unit(E2M1))
    x.put("weight", "U8", [x.rows, x.columns // 2], two_a_byte(codes))
    x.put("weight_scale", "U8", [x.rows, x.columns // 32], stored)
    x.value(E2M1, codes, scales, (1, 32))


def mxfp6(x, table):
    """Four codes in a little-endian word of three bytes, the first lowest."""
    codes, (stored, scales) = x.codes(table), x.exponents(x.rows * x.columns // 32, x.unit(table))
    x.put("weight", "U8", [x.rows, 3 * x.columns // 4], four_in_three_bytes(codes))
    x.put("weight_scale", "U8", [x.rows, x.columns // 32], stored)
    if x.damage == "word-order":  # the first code is the highest
        codes = bytes([code for word in zip(codes[3::4], codes[2::4], codes[1::4], codes[::4]) for code in word])
    x.value(table, codes, scales, (1, 32))


def mxfp6_e2m3(x):
    mxfp6(x, E2M3)


def mxfp6_e3m2(x):
    mxfp6(x, E3M2)


def fp8_channel(x):
    codes, (stored, scales) = x.codes(E4M3), x.scales("F32", x.rows, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale", "F32", [x.rows], stored)
    x.value(E4M3, codes, scales, (1, x.columns))


def fp8_tensor(x):
    codes, (stored, scales) = x.codes(E4M3), x.scales("F32", 1, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale", "F32", [], stored)
    x.put("input_scale", "F32", [], activations := x.scales("F32", 1, 0.02, "input")[0])
    if x.name.endswith(("k_proj", "v_proj")):  # the scale of the FP8 cache
        x.put("output_scale", "F32", [], x.scales("F32", 1, 0.03, "output")[0])
    x.value(E4M3, codes, scales, (x.rows, x.columns), x.damaged_by("input-scale", activations))


def spec(dtype, qscheme, group_size=None, dynamic=False):
    """A QTensorConfig as the tool saves it."""
    axis = {"per_group": -1, "per_channel": 0, "per_tensor": None}[qscheme]
    observer = {"per_group": "PerBlockMXObserver", "per_channel": "PerChannelMinMaxObserver",
                "per_tensor": "PerTensorMinMaxObserver"}[qscheme]
    return {"ch_axis": axis, "dtype": dtype, "group_size": group_size, "is_dynamic": dynamic, "is_scale_quant": False,
            "mx_element_dtype": None, "observer_cls": observer, "qscheme": qscheme, "round_method": "half_even",
            "scale_calculation_mode": "even" if group_size else None,
            "scale_format": "e8m0" if group_size else "float32", "scale_type": "float", "symmetric": None if group_size else True}


def layer(weight, inputs=None, outputs=None):
    return {"bias": None, "input_tensors": inputs, "output_tensors": outputs, "target_device": None, "weight": weight}


def block(dtype):
    return layer(spec(dtype, "per_group", 32), spec(dtype, "per_group", 32, dynamic=True))


CHANNEL = layer(spec("fp8_e4m3", "per_channel"), spec("fp8_e4m3", "per_channel", dynamic=True))
TENSOR = layer(spec("fp8_e4m3", "per_tensor"), spec("fp8_e4m3", "per_tensor"))
CACHED = layer(spec("fp8_e4m3", "per_tensor"), spec("fp8_e4m3", "per_tensor"), spec("fp8_e4m3", "per_tensor"))


def config(everywhere, exclude, layers=None):
    return {
        "algo_config": None, "exclude": exclude,
        "export": {"kv_cache_group": [], "min_kv_scale": 0.0, "pack_method": "reorder", "weight_format": "real_quantized",
                   "weight_merge_groups": None},
        "global_quant_config": everywhere, "kv_cache_post_rope": False, "kv_cache_quant_config": {},
        "layer_quant_config": layers or {}, "layer_type_quant_config": {}, "quant_method": "quark",
        "quant_mode": "eager_mode", "softmax_quant_spec": None, "version": "0.10",
    }
