"""The formats in which checkpoints are checked, by the names that test/golden/checks.txt has for them."""

BF16 = ["--activations", "bf16"]
MXFP4 = ["--quantize", "experts=mxfp4"]
# Weights of every other format that has a name, by rows of f32.
FORMATS = """nvfp4 mxfp6 mxfp6_e3m2 mxfp8 mxfp8_e5m2 fp8 fp8_channel fp8_tensor int8_128 int8_channel int4_128
             int4_zero int4_zero_128""".split()
# Options of compile, the largest median end to end.
VARIANTS = {
    "f32": ([], 0.06),
    "bf16": (BF16, 0.06),
    "a32w4": (MXFP4, 0.06),
    "a16w4": (MXFP4 + BF16, 0.06),
    "a8w4": (MXFP4 + BF16 + ["--quantize-activations", "experts=mxfp8"], 0.25),
    "a4w4": (MXFP4 + BF16 + ["--quantize-activations", "experts=mxfp4"], 0.7),
    "a16int4": (["--quantize", "experts=int4,default=int4"] + BF16, 0.06),
    "int4": (["--quantize", "experts=int4,default=int4", "--quantize-activations", "experts=int8,default=int8"], 0.1),
    "int8": (["--quantize", "experts=mxfp4,default=int8", "--quantize-activations", "experts=int8,default=int8"], 0.05),
    "int8_f16": (["--quantize", "experts=int8_f16,default=int8_f16", "--quantize-activations", "experts=int8,default=int8"], 0.05),
    "int8_256": (["--quantize", "experts=mxfp4,default=int8_channel", "--quantize-activations", "experts=int8_256,default=int8_256"], 0.1),
    "a8nvfp4": (["--quantize", "experts=nvfp4,default=int4_zero", "--quantize-activations", "experts=int8,default=int8"], 0.1),
    "mixed": (
        ["--quantize", "experts=mxfp6,default=mxfp8_e5m2", "--quantize-activations", "experts=mxfp8_e5m2,default=mxfp6_e3m2"] + BF16,
        0.25,
    ),
    "kv8": (["--kv-cache", "fp8"] + BF16, 0.06),
    "kv_int8": (["--kv-cache", "int8"], 0.06),
    **{name: (["--quantize", f"experts={name},default={name}"], 0.06) for name in FORMATS},
}
