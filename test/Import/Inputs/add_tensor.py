"""Copies a checkpoint and adds one tensor, F32 [2], of a name.

Usage: add_tensor.py CHECKPOINT OUTPUT NAME
"""
import json
import pathlib
import shutil
import struct
import sys

source, output, name = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
output.mkdir(parents=True)
shutil.copy(source / "config.json", output / "config.json")
data = (source / "model.safetensors").read_bytes()
(length,) = struct.unpack("<Q", data[:8])
header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
header[name] = {"dtype": "F32", "shape": [2], "data_offsets": [len(body), len(body) + 8]}
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
(output / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body + bytes(8))
