"""Checks every launch of a compiled checkpoint by itself, and the whole against the reference that rounds where it rounds.

Usage: check_launches.py MOEC CHECKPOINT WORK

For f32 and bf16 activations, and for MXFP4 experts with f32, bf16 and MXFP4 activations and int8 for everything:
`eval --check-launches` must find no result out of its bounds, in one step and in chunks of 7. End to end, the median
over positions of max |Δ| against the reference interpreter at stage pack stays within what rounding differences of
1e-6 grow to.
"""
import json
import pathlib
import subprocess
import sys

BF16 = ["--activations", "bf16"]
MXFP4 = ["--quantize", "experts=mxfp4"]
# Name, options of compile, the largest median end to end.
VARIANTS = [
    ("f32", [], 0.06),
    ("bf16", BF16, 0.06),
    ("a32w4", MXFP4, 0.06),
    ("a16w4", MXFP4 + BF16, 0.06),
    ("a4w4", MXFP4 + BF16 + ["--activations-in", "experts=mxfp4"], 0.7),
    ("a8w8", ["--quantize", "experts=mxfp4,default=int8", "--activations-in", "experts=int8,default=int8"], 0.7),
]

moec, checkpoint, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
work.mkdir(parents=True, exist_ok=True)
golden = checkpoint / "golden.safetensors"


def run(*arguments):
    done = subprocess.run([moec, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{checkpoint.name}: moec {' '.join(map(str, arguments))}: {done.stderr}")


for name, options, limit in VARIANTS:
    artifact, figures, reference = work / f"{name}.moec", work / "figures.json", work / "reference.safetensors"
    run("compile", checkpoint, "-o", artifact, *options)
    for chunk in (0, 7):
        run("eval", artifact, "--tokens", golden, "--check-launches", "--chunk", chunk, "--json", figures)
        found = json.loads(figures.read_text())
        if found["launches"] == 0 or found["numbers"] == 0 or found["ids"] == 0:
            sys.exit(f"{checkpoint.name}: {name} compared nothing: {found}")
        if name.startswith(("a4", "a8")) and found["codes"] == 0:
            sys.exit(f"{checkpoint.name}: {name} has no quantised results")
    run("eval", checkpoint, "--target", "reference", "--stage", "pack", *options, "--tokens", golden, "--logits", reference)
    run("eval", artifact, "--tokens", reference, "--json", figures)
    median = json.loads(figures.read_text())["median"]
    print(f"{checkpoint.name} {name}: median over positions {median:.4f}")
    if not median <= limit:
        sys.exit(f"{checkpoint.name}: {name}: median over positions is {median}, at most {limit} is expected")
