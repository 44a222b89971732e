"""Compiles one checkpoint for the CPU and compares it with the logits Transformers recorded for it.

Usage: check_golden.py MOEC CHECKPOINT WORK [--pages]

Float32 activations and caches must agree to 2e-3, greedy tokens exactly; also when fed in chunks of 7, when both
sequences are batched, on one thread and two (identical bytes), and with --pages for pages of 1 and 64 tokens.
The defaults (bf16 caches) and bf16 activations must stay within 1.6 times what Transformers' own bf16 run
deviates (test/golden/README.md).
"""
import json
import pathlib
import subprocess
import sys

# Median over positions of max |Δ|, and mean |Δ|, of Transformers' bf16 run; from test/golden/README.md.
YARDSTICK = {
    "deepseek_v3": (0.065, 0.022),
    "deepseek_v32": (0.069, 0.083),
    "glm4_moe": (0.047, 0.026),
    "glm4_moe_lite": (0.055, 0.015),
    "glm_moe_dsa": (0.081, 0.117),
    "glm_moe_dsa_interleaved": (0.089, 0.106),
    "gpt_oss": (0.073, 0.027),
    "minimax_m2": (0.040, 0.042),
    "mixtral": (0.055, 0.040),
    "olmoe": (0.037, 0.017),
    "qwen3_moe": (0.044, 0.020),
}
SLACK = 1.6

moec, checkpoint, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
pages = "--pages" in sys.argv
work.mkdir(parents=True, exist_ok=True)


def run(*arguments):
    subprocess.run([moec, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def compile_model(name, *options):
    artifact = work / f"{name}.moec"
    run("compile", checkpoint, "-o", artifact, *options)
    return artifact


def evaluate(artifact, *options):
    figures = work / "figures.json"
    run("eval", artifact, "--tokens", checkpoint / "golden.safetensors", "--json", figures, *options)
    return json.loads(figures.read_text())


def expect(what, value, limit):
    if not value <= limit:
        sys.exit(f"{checkpoint.name}: {what} is {value}, at most {limit} is expected")


def expect_exact(what, figures):
    expect(f"{what}: max |Δ|", figures["max"], 2e-3)
    expect(f"{what}: greedy mismatches", figures["greedy_mismatches"], 0)
    expect(f"{what}: greedy continuation", figures["greedy"]["mismatches"], 0)


def expect_yardstick(what, figures):
    median, mean = YARDSTICK[checkpoint.name]
    expect(f"{what}: median over positions", figures["median"], SLACK * median)
    expect(f"{what}: mean", figures["mean"], SLACK * mean)


exact = compile_model("f32", "--kv-cache", "f32")
expect_exact("f32", evaluate(exact))
expect_exact("f32, chunks of 7", evaluate(exact, "--chunk", 7))
for threads in (1, 2):
    logits = work / f"logits-{threads}.safetensors"
    expect_exact(f"f32, both sequences, {threads} threads",
                 evaluate(exact, "--batch", 2, "--threads", threads, "--logits", logits))
if (work / "logits-1.safetensors").read_bytes() != (work / "logits-2.safetensors").read_bytes():
    sys.exit(f"{checkpoint.name}: one thread and two give other bytes")
for size in (1, 64) if pages else ():
    expect_exact(f"f32, pages of {size}",
                 evaluate(compile_model(f"page{size}", "--kv-cache", "f32", "--page-size", size)))
expect_yardstick("defaults", evaluate(compile_model("default")))
expect_yardstick("bf16", evaluate(compile_model("bf16", "--activations", "bf16")))
