"""Compiles one checkpoint for a GPU with bf16 activations, runs it on the emulated device and compares it with the
logits Transformers recorded for it.

Usage: check_emulated.py MOEC TARGET CHECKPOINT WORK [compile options …]; the device is TARGET-emulated

The median over positions of max |Δ| and the mean |Δ| must stay within 1.6 times what Transformers' own bf16 run
deviates (test/golden/README.md, which is read for it).
"""
import json
import pathlib
import re
import subprocess
import sys

SLACK = 1.6
moec, target, checkpoint, work, *options = *sys.argv[1:3], *map(pathlib.Path, sys.argv[3:5]), *sys.argv[5:]
work.mkdir(parents=True, exist_ok=True)
table = (checkpoint.parent / "README.md").read_text()
row = re.search(rf"^\| {checkpoint.name} \| ([0-9.]+) \| ([0-9.]+) \|$", table, re.M)
limits = {"median": float(row[1]), "mean": float(row[2])}

artifact, figures = work / "model.moec", work / "figures.json"
compile_command = [moec, "compile", checkpoint, "--target", target, "--activations", "bf16", "-o", artifact, *options]
subprocess.run(list(map(str, compile_command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
eval_command = [moec, "eval", artifact, "--device", f"{target}-emulated", "--kv-memory", "16M", "--tokens",
                checkpoint / "golden.safetensors", "--json", figures]
subprocess.run(list(map(str, eval_command)), check=True, stdout=subprocess.DEVNULL)
measured = json.loads(figures.read_text())
for name, limit in limits.items():
    if not measured[name] <= SLACK * limit:
        sys.exit(f"{checkpoint.name}: {name} is {measured[name]}, at most {SLACK * limit} is expected")
print(f"{checkpoint.name}: median {measured['median']:.4f}, mean {measured['mean']:.4f}")
