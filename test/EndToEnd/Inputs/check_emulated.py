"""Compiles one checkpoint for gfx950 with bf16 activations, runs it on the emulated device and compares it with the
logits Transformers recorded for it.

Usage: check_emulated.py MOEC CHECKPOINT WORK [compile options …]

The median over positions of max |Δ| and the mean |Δ| must stay within 1.6 times what Transformers' own bf16 run
deviates (test/golden/README.md, which is read for it).
"""
import json
import pathlib
import re
import subprocess
import sys

SLACK = 1.6
moec, checkpoint, work, *options = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), *sys.argv[4:]
work.mkdir(parents=True, exist_ok=True)
table = (checkpoint.parent / "README.md").read_text()
row = re.search(rf"^\| {checkpoint.name} \| ([0-9.]+) \| ([0-9.]+) \|$", table, re.M)
limits = {"median": float(row[1]), "mean": float(row[2])}

artifact, figures = work / "model.moec", work / "figures.json"
compile_command = [moec, "compile", checkpoint, "--target", "gfx950", "--activations", "bf16", "-o", artifact, *options]
subprocess.run(list(map(str, compile_command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
eval_command = [moec, "eval", artifact, "--device", "gfx950-emulated", "--kv-memory", "16M", "--tokens",
                checkpoint / "golden.safetensors", "--json", figures]
subprocess.run(list(map(str, eval_command)), check=True, stdout=subprocess.DEVNULL)
measured = json.loads(figures.read_text())
for name, limit in limits.items():
    if not measured[name] <= SLACK * limit:
        sys.exit(f"{checkpoint.name}: {name} is {measured[name]}, at most {SLACK * limit} is expected")
print(f"{checkpoint.name}: median {measured['median']:.4f}, mean {measured['mean']:.4f}")
