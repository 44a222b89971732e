"""Compiles one checkpoint for the CPU and compares it with the logits Transformers recorded for it.

Usage: check_golden.py MOEC CHECKPOINT WORK [--all] [--greedy-prompt N]

Float32 activations and caches must agree to 2e-3, greedy tokens exactly; also when fed in chunks of 7, and when both
sequences are batched, on one thread and two (identical bytes). With --all, so must they in chunks of other lengths, for
pages of 1 and 64 tokens, and in the reference interpreter; and the defaults (bf16 caches) and bf16 activations must stay
within 1.6 times what Transformers' own bf16 run deviates, where README.md beside the checkpoint's folder says it. A longer
sequence, where there is one, must agree in chunks of 64, with --all in all chunks and pages.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

SLACK = 1.6

parser = argparse.ArgumentParser()
parser.add_argument("moec")
parser.add_argument("checkpoint", type=pathlib.Path)
parser.add_argument("work", type=pathlib.Path)
parser.add_argument("--all", action="store_true")
parser.add_argument("--greedy-prompt", type=int, default=0)
arguments = parser.parse_args()
moec, checkpoint, work = arguments.moec, arguments.checkpoint, arguments.work
work.mkdir(parents=True, exist_ok=True)
table = checkpoint.parent / "README.md"
yardstick = None
if table.exists():
    yardstick = re.search(rf"^\| {checkpoint.name} \| ([0-9.]+) \| ([0-9.]+) \|$", table.read_text(), re.M)
    if not yardstick:
        sys.exit(f"{table} has no row for {checkpoint.name}")


def run(*arguments):
    subprocess.run([moec, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def compile_model(name, *options):
    artifact = work / f"{name}.moec"
    run("compile", checkpoint, "-o", artifact, *options)
    return artifact


def evaluate(artifact, *options, tokens=checkpoint / "golden.safetensors"):
    figures = work / "figures.json"
    run("eval", artifact, "--tokens", tokens, "--json", figures, "--greedy-prompt", arguments.greedy_prompt, *options)
    return json.loads(figures.read_text())


def interpret(*options, **tokens):
    """Figures of the reference interpreter on the fused model."""
    return evaluate(checkpoint, "--target", "reference", "--batch", 2, *options, **tokens)


def expect(what, value, limit):
    if not value <= limit:
        sys.exit(f"{checkpoint.name}: {what} is {value}, at most {limit} is expected")


def expect_exact(what, figures):
    expect(f"{what}: max |Δ|", figures["max"], 2e-3)
    expect(f"{what}: greedy mismatches", figures["greedy_mismatches"], 0)
    if "greedy" in figures:
        expect(f"{what}: greedy continuation", figures["greedy"]["mismatches"], 0)


def expect_yardstick(what, figures):
    median, mean = map(float, yardstick.groups())
    expect(f"{what}: median over positions", figures["median"], SLACK * median)
    expect(f"{what}: mean", figures["mean"], SLACK * mean)


def expect_same_on_threads(what, artifact):
    """One thread and two give the same logits, byte by byte; returns the figures of both runs."""
    logits = [work / f"logits-{threads}.safetensors" for threads in (1, 2)]
    runs = [evaluate(artifact, "--batch", 2, "--threads", threads, "--logits", file)
            for threads, file in zip((1, 2), logits)]
    if logits[0].read_bytes() != logits[1].read_bytes():
        sys.exit(f"{checkpoint.name}: {what}: one thread and two give other bytes")
    return runs


def check_exact(exact):
    expect_exact("f32", evaluate(exact))
    expect_exact("f32, chunks of 7", evaluate(exact, "--chunk", 7))
    for figures in expect_same_on_threads("f32", exact):
        expect_exact("f32, both sequences", figures)


def check_cuts(exact):
    """Other chunks and pages change no number by more than the order of a sum does."""
    for chunk in 1, 13, 33:
        expect_exact(f"f32, chunks of {chunk}", evaluate(exact, "--chunk", chunk))
    for size in 1, 64:
        artifact = compile_model(f"page{size}", "--kv-cache", "f32", "--page-size", size)
        expect_exact(f"f32, pages of {size}", evaluate(artifact))
        expect_exact(f"f32, pages of {size}, both sequences in chunks of 7", evaluate(artifact, "--batch", 2, "--chunk", 7))


def check_long(exact):
    longer = checkpoint / "golden-long.safetensors"
    if not longer.exists():
        return
    expect_exact("f32, long, chunks of 64", evaluate(exact, "--chunk", 64, tokens=longer))
    if not arguments.all:
        return
    expect_exact("reference, fused, long", interpret("--kv-cache", "f32", tokens=longer))
    for size in 1, 16, 64:
        artifact = compile_model(f"page{size}", "--kv-cache", "f32", "--page-size", size)
        for chunk in 1, 7, 16, 100:
            figures = evaluate(artifact, "--chunk", chunk, tokens=longer)
            expect_exact(f"f32, long, pages of {size}, chunks of {chunk}", figures)


def check_reference():
    expect_exact("reference, fused", interpret("--kv-cache", "f32"))
    expect_exact("reference, fused, chunks of 7", interpret("--kv-cache", "f32", "--chunk", 7))
    expect_yardstick("reference, defaults", interpret())
    expect_yardstick("reference, bf16", interpret("--activations", "bf16"))


def check_narrow():
    expect_yardstick("defaults", evaluate(compile_model("default")))
    for figures in expect_same_on_threads("bf16", compile_model("bf16", "--activations", "bf16")):
        expect_yardstick("bf16", figures)


exact = compile_model("f32", "--kv-cache", "f32")
check_exact(exact)
check_long(exact)
if arguments.all:
    check_cuts(exact)
if arguments.all and yardstick:
    check_reference()
    check_narrow()
