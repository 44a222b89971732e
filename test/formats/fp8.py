"""FP8 with blocks of 128 x 128, as DeepSeek, Qwen, GLM and MiniMax publish it, and MiniMax's MXFP8."""
from codes import E4M3


def blocks(x, dtype):
    """Both sides of the grid are rounded up: a last block may be partial along either."""
    codes, (high, wide) = x.codes(E4M3), x.grid((128, 128))
    stored, scales = x.scales(dtype, high * wide, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale_inv", dtype, [high, wide], stored)
    x.value(E4M3, codes, scales, (128, 128))


def blocks_f32(x):
    blocks(x, "F32")


def blocks_bf16(x):
    blocks(x, "BF16")


def mxfp8(x):
    """The name of DeepSeek's scales, the type and blocks of MX."""
    codes, (stored, scales) = x.codes(E4M3), x.exponents(x.rows * x.columns // 32, x.unit(E4M3))
    x.put("weight", "F8_E4M3", [x.rows, x.columns], codes)
    x.put("weight_scale_inv", "U8", [x.rows, x.columns // 32], stored)
    x.value(E4M3, codes, scales, (1, 32))


def config(modules=None, **others):
    result = {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128]}
    return result | ({"modules_to_not_convert": modules} if modules else {}) | others
