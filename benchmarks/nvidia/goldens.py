"""Step 4: the goldens' logits against those of Transformers, within 1.6 times what its own bf16 run deviates.

    goldens.py BUNDLE DEVICE OUT [NAME …]
"""
import json
import pathlib
import re
import subprocess
import sys

SLACK = 1.6
bundle, device, out, *names = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]), *sys.argv[4:]
table = (bundle / "golden" / "README.md").read_text()
failed = False
for name in names or sorted(path.stem for path in (bundle / "golden").glob("*.safetensors")):
    row = re.search(rf"^\| {name} \| ([0-9.]+) \| ([0-9.]+) \|$", table, re.M)
    limits = {"median": float(row[1]), "mean": float(row[2])}
    figures = out / f"{name}.json"
    command = [bundle / "bin" / "moec-run", "eval", bundle / "models" / f"{name}.moec", "--device", device, "--kv-memory", "16M",
               "--tokens", bundle / "golden" / f"{name}.safetensors", "--json", figures]
    done = subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print(f"{name}: {done.stderr.strip()}")
        failed = True
        continue
    measured = json.loads(figures.read_text())
    good = all(measured[key] <= SLACK * limit for key, limit in limits.items())
    failed |= not good
    print(f"{name}: median {measured['median']:.4f} of {SLACK * limits['median']:.4f}, mean {measured['mean']:.4f}"
          f" of {SLACK * limits['mean']:.4f}: {'in bounds' if good else 'OUT OF BOUNDS'}")
sys.exit(failed)
