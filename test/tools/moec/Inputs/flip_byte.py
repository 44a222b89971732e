"""Inverts every bit of one byte in the middle of a tensor: flip_byte.py FILE.safetensors TENSOR."""
import json
import struct
import sys

path, name = sys.argv[1:]
with open(path, "r+b") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    begin, end = json.loads(file.read(length))[name]["data_offsets"]
    place = 8 + length + (begin + end) // 2
    file.seek(place)
    byte = file.read(1)[0]
    file.seek(place)
    file.write(bytes([byte ^ 0xFF]))
