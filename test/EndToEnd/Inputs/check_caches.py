"""How far caches of each type move the logits of a checkpoint from Transformers', with f32 activations.

Usage: check_caches.py MOEC CHECKPOINT WORK. The median over positions of max |Δ| has a bar for each type, about 1.5 times the
largest of test/golden (docs/Formats.md); and each type must move logits more than the one before, so that none is another's.
"""
import json
import pathlib
import subprocess
import sys

# From the most exact.
BARS = {"f32": 1e-4, "bf16": 0.03, "int8": 0.15, "fp8": 1.0}

moec, checkpoint, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
work.mkdir(parents=True, exist_ok=True)
artifact, figures = work / "caches.moec", work / "figures.json"
last = 0
for name, bar in BARS.items():
    subprocess.run([moec, "compile", checkpoint, "-o", artifact, "--kv-cache", name], check=True, stderr=subprocess.DEVNULL)
    # Its exit status says whether logits are equal.
    subprocess.run([moec, "eval", artifact, "--tokens", checkpoint / "golden.safetensors", "--json", figures],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    median = json.loads(figures.read_text())["median"]
    print(f"{checkpoint.name} {name}: median over positions {median:.2g}")
    if not last < median <= bar:
        sys.exit(f"{checkpoint.name}: caches of {name} move logits by {median}, not by more than {last} and at most {bar}")
    last = median
