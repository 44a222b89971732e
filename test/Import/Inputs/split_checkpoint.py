"""Splits the one safetensors file of a checkpoint into shards with an index, as large checkpoints come.

Usage: split_checkpoint.py CHECKPOINT OUTPUT SHARDS
"""
import json
import pathlib
import shutil
import struct
import sys

source, output, shards = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
output.mkdir(parents=True)
for name in ("config.json", "generation_config.json"):
    shutil.copy(source / name, output / name)
data = (source / "model.safetensors").read_bytes()
(length,) = struct.unpack("<Q", data[:8])
header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
header.pop("__metadata__", None)

index = {"metadata": {"total_size": len(body)}, "weight_map": {}}
for shard in range(shards):
    # Neighbours go into different files, so that an expert's tensors are spread over all of them.
    names = sorted(header)[shard::shards]
    file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
    entries, parts, offset = {}, [], 0
    for name in names:
        begin, end = header[name]["data_offsets"]
        entries[name] = dict(header[name], data_offsets=[offset, offset + end - begin])
        parts.append(body[begin:end])
        offset += end - begin
        index["weight_map"][name] = file
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    (output / file).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
(output / "model.safetensors.index.json").write_text(json.dumps(index))
