"""ModelOpt: NVFP4, FP8 and both, by config.json or by hf_quant_config.json alone."""
from codes import E2M1, E4M3, two_a_byte


def nvfp4(x, weights_only=False):
    """e4m3 scales for each 16 along K; the product is MULTIPLIED by weight_scale_2."""
    codes, (stored, scales) = x.codes(E2M1), x.small_scales(x.rows * x.columns // 16)
    seconds, (second,) = x.scales("F32", 1, x.unit(E2M1) / 220, "second")
    x.put("weight", "U8", [x.rows, x.columns // 2], two_a_byte(codes))
    x.put("weight_scale", "F8_E4M3", [x.rows, x.columns // 16], stored)
    x.put("weight_scale_2", "F32", [], seconds)
    activations = x.scales("F32", 1, 0.002, "input")[0]
    if not weights_only:
        x.put("input_scale", "F32", [], activations)
    factor = {"global-inverse": 1 / second, "global-lost": 1}.get(x.damage, second)
    x.value(E2M1, codes, scales, (1, 16), factor * x.damaged_by("input-scale", activations))


def nvfp4_weights(x):
    nvfp4(x, weights_only=True)


def fp8(x):
    codes, (stored, scales) = x.codes(E4M3), x.scales("F32", 1, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale", "F32", [], stored)
    x.put("input_scale", "F32", [], activations := x.scales("F32", 1, 0.02, "input")[0])
    cache = put_cache_scale(x)
    x.value(E4M3, codes, scales, (x.rows, x.columns), x.damaged_by("input-scale", activations)
            * (x.damaged_by("cache-scale", cache) if cache else 1))


def put_cache_scale(x):
    """What keys and values are divided by before they go to an FP8 cache: k_scale beside k_proj, v_scale beside v_proj."""
    kind = x.name[-6:]
    if kind not in ("k_proj", "v_proj"):
        return None
    stored = x.scales("F32", 1, 0.05, "cache")[0]
    x.put(f"{kind[0]}_scale", "F32", [], stored)
    return stored


PRODUCER = {"name": "modelopt", "version": "0.41.0"}
CACHE = {"dynamic": False, "num_bits": 8, "type": "float"}
NVFP4 = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": 16}
FP8 = {"dynamic": False, "num_bits": 8, "type": "float"}
SCHEMES = {"NVFP4": NVFP4, "W4A16_NVFP4": NVFP4, "FP8": FP8}


def config(algorithm, ignore):
    """quantization_config as later versions write it."""
    scheme = SCHEMES[algorithm]
    group = {"input_activations": scheme, "weights": scheme, "targets": ["Linear"]}
    return {"config_groups": {"group_0": group}, "ignore": ignore, "kv_cache_scheme": CACHE, "producer": PRODUCER,
            "quant_algo": algorithm, "quant_method": "modelopt"}


def mixed_config(layers, ignore):
    """`layers`: module -> algorithm; a module may be the experts of a layer together."""
    groups = {}
    for number, algorithm in enumerate(dict.fromkeys(layers.values())):
        scheme, targets = SCHEMES[algorithm], [name for name, own in layers.items() if own == algorithm]
        inputs = {} if algorithm.startswith("W4A16") else {"input_activations": scheme}
        groups[f"group_{number}"] = inputs | {"weights": scheme, "targets": targets}
    return {"config_groups": groups, "ignore": ignore, "kv_cache_scheme": CACHE, "producer": PRODUCER,
            "quant_algo": "MIXED_PRECISION", "quant_method": "modelopt", "quantized_layers": quantized_layers(layers)}


def quantized_layers(layers):
    return {name: {"quant_algo": algorithm} | ({"group_size": 16} if algorithm.endswith("NVFP4") else {})
            for name, algorithm in layers.items()}


def hf_quant_config(algorithm, exclude, **others):
    """hf_quant_config.json; it alone, in earlier versions."""
    return {"producer": PRODUCER, "quantization": {"quant_algo": algorithm, "kv_cache_quant_algo": "FP8",
                                                   "exclude_modules": exclude} | others}
