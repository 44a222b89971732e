"""Checks every launch of a compiled checkpoint by itself, and the whole against the reference that rounds where it rounds.

Usage: check_launches.py [--compile OPTIONS] [--eval OPTIONS] MOEC CHECKPOINT WORK VARIANT[:PAGE_SIZE[:CHUNK[,CHUNK]]] …

`eval --check-launches` must find no result out of its bounds, in steps of CHUNK tokens (0: all at once). End to end,
the median over positions of max |Δ| against the reference interpreter at stage pack stays within what rounding
differences of 1e-6 grow to, or one code of the activations that flips.
"""
import argparse
import json
import pathlib
import shlex
import subprocess
import sys

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
    "a8nvfp4": (["--quantize", "experts=nvfp4,default=int4_zero", "--quantize-activations", "experts=int8,default=int8"], 0.1),
    "mixed": (
        ["--quantize", "experts=mxfp6,default=mxfp8_e5m2", "--quantize-activations", "experts=mxfp8_e5m2,default=mxfp6_e3m2"] + BF16,
        0.25,
    ),
    "kv8": (["--kv-cache", "fp8"] + BF16, 0.06),
    "kv_int8": (["--kv-cache", "int8"], 0.06),
    **{name: (["--quantize", f"experts={name},default={name}"], 0.06) for name in FORMATS},
}
# Rounding activations to int8 moves the logits of this checkpoint by 0.56 in the median, those of others by 0.11 to 0.18;
# so does a code that flips.
LIMITS_OF = {"minimax_m3": {"int8": 0.2, "int4": 0.2, "a8nvfp4": 0.25}}

parser = argparse.ArgumentParser()
parser.add_argument("--compile", type=shlex.split, default=[])
parser.add_argument("--eval", type=shlex.split, default=[])
parser.add_argument("moec")
parser.add_argument("checkpoint", type=pathlib.Path)
parser.add_argument("work", type=pathlib.Path)
parser.add_argument("variants", nargs="+")
arguments = parser.parse_args()
checkpoint, work = arguments.checkpoint, arguments.work
work.mkdir(parents=True, exist_ok=True)
golden = checkpoint / "golden.safetensors"


def run(*command):
    done = subprocess.run([arguments.moec, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{checkpoint.name}: moec {' '.join(map(str, command))}: {done.stderr}")


def check(variant, page_size="16", chunks="0,7"):
    options, limit = VARIANTS[variant]
    limit = LIMITS_OF.get(checkpoint.name, {}).get(variant, limit)
    artifact, figures, reference = work / f"{variant}.moec", work / "figures.json", work / "reference.safetensors"
    run("compile", checkpoint, "-o", artifact, "--page-size", page_size, *options, *arguments.compile)
    run("eval", checkpoint, "--target", "reference", "--stage", "pack", *options, "--tokens", golden, "--logits", reference)
    for chunk in chunks.split(","):
        run("eval", artifact, *arguments.eval, "--tokens", golden, "--check-launches", "--chunk", chunk, "--json", figures)
        found = json.loads(figures.read_text())
        if found["launches"] == 0 or found["numbers"] == 0 or found["ids"] == 0:
            sys.exit(f"{checkpoint.name}: {variant} compared nothing: {found}")
        if "--quantize-activations" in options and found["codes"] == 0:
            sys.exit(f"{checkpoint.name}: {variant} has no quantised results")
        run("eval", artifact, *arguments.eval, "--tokens", reference, "--chunk", chunk, "--json", figures)
        median = json.loads(figures.read_text())["median"]
        print(f"{checkpoint.name} {variant} in steps of {chunk}: median over positions {median:.2g}")
        if not median <= limit:
            sys.exit(f"{checkpoint.name}: {variant}: median over positions is {median}, at most {limit} is expected")


for choice in dict.fromkeys(arguments.variants):
    check(*choice.split(":"))
