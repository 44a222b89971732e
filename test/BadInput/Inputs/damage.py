#!/usr/bin/env python3
"""Copies a checkpoint folder with one thing wrong: damage.py CHECKPOINT OUTPUT DAMAGE [ARGUMENTS...]."""
import json
import shutil
import struct
import sys
from pathlib import Path


def read(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def write(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensors(header):
    return {name: info for name, info in header.items() if name != "__metadata__"}


def config(folder, key, value):
    """Sets a key to a JSON value, which may be what JSON does not have: NaN."""
    path = folder / "config.json"
    text = json.loads(path.read_text())
    text[key] = "@value@"
    path.write_text(json.dumps(text).replace('"@value@"', value))


def text(folder, name, contents):
    (folder / name).write_text(contents)


def cut(folder, name, size):
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(size)])


def length(folder, value):
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", int(value)) + path.read_bytes()[8:])


def overlap(folder, name):
    """Gives a tensor the place of the one before it."""
    path = folder / "model.safetensors"
    header, data = read(path)
    begin, end = header[name]["data_offsets"]
    header[name]["data_offsets"] = [begin - 2, end - 2]
    write(path, header, data)


def shape(folder, name, value):
    path = folder / "model.safetensors"
    header, data = read(path)
    header[name]["shape"] = json.loads(value)
    write(path, header, data)


def dtype(folder, name, value):
    path = folder / "model.safetensors"
    header, data = read(path)
    header[name]["dtype"] = value
    write(path, header, data)


def nan(folder, name, element):
    """Makes one element of a BF16 tensor a NaN."""
    path = folder / "model.safetensors"
    header, data = read(path)
    assert header[name]["dtype"] == "BF16"
    place = header[name]["data_offsets"][0] + 2 * int(element)
    write(path, header, data[:place] + struct.pack("<H", 0x7FC0) + data[place + 2 :])


def double(folder, name):
    """Doubles the numbers of a BF16 tensor, none of which may be a subnormal."""
    path = folder / "model.safetensors"
    header, data = read(path)
    assert header[name]["dtype"] == "BF16"
    begin, end = header[name]["data_offsets"]
    codes = struct.unpack(f"<{(end - begin) // 2}H", data[begin:end])
    assert all(code & 0x7F80 for code in codes)
    write(path, header, data[:begin] + struct.pack(f"<{len(codes)}H", *(code + 0x80 for code in codes)) + data[end:])


def drop(folder, name):
    """Takes a tensor out, its bytes too."""
    path = folder / "model.safetensors"
    header, data = read(path)
    begin, end = header.pop(name)["data_offsets"]
    for info in tensors(header).values():
        if info["data_offsets"][0] >= end:
            info["data_offsets"] = [offset - (end - begin) for offset in info["data_offsets"]]
    write(path, header, data[:begin] + data[end:])


def shard(folder, lost):
    """Two shards and their index, then `file`, `entry` or `place` of one is wrong."""
    path = folder / "model.safetensors"
    header, data = read(path)
    names = sorted(tensors(header), key=lambda name: header[name]["data_offsets"])
    half = header[names[len(names) // 2]]["data_offsets"][0]
    index = {}
    for number, part in enumerate((names[: len(names) // 2], names[len(names) // 2 :]), 1):
        file, base = f"model-0000{number}-of-00002.safetensors", half * (number - 1)
        infos = {name: header[name] | {"data_offsets": [o - base for o in header[name]["data_offsets"]]} for name in part}
        write(folder / file, infos, data[:half] if number == 1 else data[half:])
        index |= {name: file for name in part}
    path.unlink()
    if lost == "file":
        (folder / "model-00002-of-00002.safetensors").unlink()
    if lost == "entry":
        index[names[0]] = "model-00002-of-00002.safetensors"
    if lost == "place":
        index[names[0]] = "../model.safetensors"
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))


def main():
    source, output, damage, *arguments = sys.argv[1:]
    shutil.rmtree(output, ignore_errors=True)
    Path(output).mkdir()
    for path in Path(source).iterdir():
        if path.name != "golden.safetensors":
            shutil.copy(path, output)
    globals()[damage](Path(output), *arguments)


main()
