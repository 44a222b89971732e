#!/usr/bin/env python3
"""Copies a checkpoint in another form of the same model: rewrite_checkpoint.py FORM CHECKPOINT OUTPUT.

    fused    experts in experts.gate_up_proj [E, 2I, H] and experts.down_proj, the other names as published
    state    the same with the names of Transformers' modules
    types    every second expert in F32
    extras   tensors that the model does not need, some of types that nobody knows
"""
import json
import re
import shutil
import struct
import sys
from pathlib import Path

ROLES = {"gate_proj": "gate", "w1": "gate", "up_proj": "up", "w3": "up", "down_proj": "down", "w2": "down"}
EXPERT = re.compile(r"(.*\.experts)\.(\d+)\.(\w+)\.weight")


def read(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    body = data[8 + size :]
    return {
        name: (info["dtype"], info["shape"], body[slice(*info["data_offsets"])]) for name, info in header.items()
    }


def write(path, tensors):
    header, body = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def fused(tensors):
    result, experts = {}, {}
    for name, tensor in tensors.items():
        if match := EXPERT.fullmatch(name):
            prefix, expert, part = match.groups()
            experts.setdefault(prefix, {}).setdefault(int(expert), {})[ROLES[part]] = tensor
        else:
            result[name] = tensor
    for prefix, all_experts in experts.items():
        ordered = [all_experts[index] for index in sorted(all_experts)]
        dtype, (inner, hidden), _ = ordered[0]["gate"]
        both = b"".join(expert["gate"][2] + expert["up"][2] for expert in ordered)
        down = b"".join(expert["down"][2] for expert in ordered)
        result[prefix + ".gate_up_proj"] = dtype, [len(ordered), 2 * inner, hidden], both
        result[prefix + ".down_proj"] = dtype, [len(ordered), hidden, inner], down
    return result


def state(tensors):
    def rename(name):
        name = name.replace(".block_sparse_moe.", ".mlp.")
        return name.replace(".mlp.moe_statics.", ".mlp.gate.moe_statics.")

    return {rename(name): tensor for name, tensor in fused(tensors).items()}


def types(tensors):
    def widen(name, dtype, shape, data):
        match = EXPERT.fullmatch(name)
        if not match or int(match[2]) % 2 == 0:
            return dtype, shape, data
        assert dtype == "BF16"
        return "F32", shape, b"".join(b"\0\0" + data[i : i + 2] for i in range(0, len(data), 2))

    return {name: widen(name, *tensor) for name, tensor in tensors.items()}


def extras(tensors):
    rotary = "model.layers.0.self_attn.rotary_emb."
    return tensors | {
        "model.layers.90.eh_proj.weight": ("F8_E4M3", [4, 8], bytes(32)),
        "model.layers.90.eh_proj.weight_scale_inv": ("F32", [1, 1], bytes(4)),
        "model.layers.90.mlp.experts.0.up_proj.weight": ("F4", [4, 8], bytes(16)),
        "model.mtp.0.weight": ("F8_E4M3FNUZ", [4], bytes(4)),
        rotary + "inv_freq": ("F32", [8], bytes(32)),
        rotary + "cos_cached": ("F32", [4, 8], bytes(128)),
        "model.layers.0.nothing": ("BF16", [0], b""),
        "vision_tower.patch.weight": ("I8", [3], bytes(3)),
    }


def main():
    form, source, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    tensors = read(source / "model.safetensors")
    write(folder / "model.safetensors", globals()[form](tensors))


if __name__ == "__main__":
    main()
