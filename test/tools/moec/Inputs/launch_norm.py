"""Launches the RMS norm of tokenwise.mlir on rows of our own and compares with the formula.

Usage: launch_norm.py MOEC ARTIFACT WORK [DEVICE]
"""
import json
import math
import struct
import subprocess
import sys

ROWS, WIDTH, EPSILON = 3, 128, 1e-5
moec, artifact, work, *device = sys.argv[1:]


def write(path, tensors):
    header, data = {}, b""
    for name, dtype, shape, contents in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(contents)]}
        data += contents
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    return {name: data[slice(*info["data_offsets"])] for name, info in header.items() if name != "__metadata__"}


rows = [[math.sin(1 + row * WIDTH + i) * (row + 1) for i in range(WIDTH)] for row in range(ROWS)]
weight = [0.5 if i % 2 else 2.0 for i in range(WIDTH)]
write(work + ".in.safetensors", [
    ("arg0", "F32", [ROWS, WIDTH], struct.pack(f"<{ROWS * WIDTH}f", *sum(rows, []))),
    ("arg1", "BF16", [WIDTH], b"".join(struct.pack("<f", w)[2:] for w in weight)),
])
command = [moec, "launch", artifact, "row_0", "--in", work + ".in.safetensors", "--out", work + ".out.safetensors",
           "--tokens", str(ROWS), "--logits-rows", str(ROWS)]
subprocess.run(command + (["--device", device[0]] if device else []), check=True)
result = read(work + ".out.safetensors")
if sorted(result) != ["arg0", "arg2"]:
    sys.exit(f"the output has {sorted(result)}, not what the kernel was given to write")
values = struct.unpack(f"<{len(result['arg2']) // 4}f", result["arg2"])
worst = 0.0
for row in range(ROWS):
    scale = 1 / math.sqrt(sum(x * x for x in rows[row]) / WIDTH + EPSILON)
    for i in range(WIDTH):
        worst = max(worst, abs(values[row * WIDTH + i] - rows[row][i] * scale * weight[i]))
if worst > 1e-5:
    sys.exit(f"the norm is off by {worst}, at most 1e-5 is expected")
if any(values[ROWS * WIDTH:]):
    sys.exit("rows beyond the step's tokens were written")
print("the norm is right")
