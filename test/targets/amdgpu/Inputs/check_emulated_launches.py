"""Checks every launch of a checkpoint compiled for gfx950 by itself on the emulated device, and the whole against the
reference that rounds where it rounds.

Usage: check_emulated_launches.py MOEC CHECKPOINT WORK VARIANT[:PAGE_SIZE[:CHUNK]] …

`eval --check-launches` must find no result out of its bounds, with both sequences in one step, or in steps of CHUNK
tokens of each. End to end, the median over positions of max |Δ| against the reference interpreter at stage pack stays
within what one code of the activations that flips grows to.
"""
import json
import pathlib
import subprocess
import sys

BF16 = ["--activations", "bf16"]
MXFP4 = ["--quantize", "experts=mxfp4"] + BF16
# Options of compile, the largest median end to end.
VARIANTS = {
    "bf16": (BF16, 0.06),
    "a16w4": (MXFP4, 0.06),
    "a8w4": (MXFP4 + ["--activations-in", "experts=mxfp8"], 0.25),
    "a4w4": (MXFP4 + ["--activations-in", "experts=mxfp4"], 0.7),
}

moec, checkpoint, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
work.mkdir(parents=True, exist_ok=True)
golden = checkpoint / "golden.safetensors"
device = ["--device", "gfx950-emulated", "--kv-memory", "16M"]


def run(*arguments):
    done = subprocess.run([moec, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{checkpoint.name}: moec {' '.join(map(str, arguments))}: {done.stderr}")


for choice in sys.argv[4:]:
    name, page, chunk = (choice.split(":") + ["16", "0"][choice.count(":"):])[:3]
    options, limit = VARIANTS[name]
    artifact, figures, reference = work / f"{name}.moec", work / "figures.json", work / "reference.safetensors"
    run("compile", checkpoint, "-o", artifact, "--target", "gfx950", "--page-size", page, *options)
    steps = ["--batch", 2, "--chunk", chunk]
    run("eval", artifact, *device, "--tokens", golden, *steps, "--check-launches", "--json", figures)
    found = json.loads(figures.read_text())
    if found["launches"] == 0 or found["numbers"] == 0 or found["ids"] == 0:
        sys.exit(f"{checkpoint.name}: {name} compared nothing: {found}")
    if name in ("a8w4", "a4w4") and found["codes"] == 0:
        sys.exit(f"{checkpoint.name}: {name} has no quantised results")
    run("eval", checkpoint, "--target", "reference", "--stage", "pack", *options, "--tokens", golden, "--logits", reference)
    run("eval", artifact, *device, "--tokens", reference, *steps, "--json", figures)
    median = json.loads(figures.read_text())["median"]
    print(f"{checkpoint.name} {choice}: {found['launches']} launches, median over positions {median:.2g}")
    if not median <= limit:
        sys.exit(f"{checkpoint.name}: {choice}: median over positions is {median}, at most {limit} is expected")
