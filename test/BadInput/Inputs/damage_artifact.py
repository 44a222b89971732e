#!/usr/bin/env python3
"""Copies an artifact with one thing wrong: damage_artifact.py ARTIFACT OUTPUT cut|flip|drop FILE [BYTE] | version N."""
import hashlib
import shutil
import struct
import sys
from pathlib import Path


def cut(folder, name, size):
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(size)])


def flip(folder, name, place):
    path = folder / name
    data = bytearray(path.read_bytes())
    data[int(place)] ^= 0xFF
    path.write_bytes(data)


def drop(folder, name):
    (folder / name).unlink()


def version(folder, number):
    """The plan of a later compiler, with the hash that it would have."""
    path = folder / "plan.fb"
    data = bytearray(path.read_bytes())
    old = hashlib.sha256(data).hexdigest()
    root = struct.unpack_from("<I", data)[0]
    vtable = root - struct.unpack_from("<i", data, root)[0]
    field = struct.unpack_from("<H", data, vtable + 4)[0]
    struct.pack_into("<I", data, root + field, int(number))
    path.write_bytes(data)
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(old, hashlib.sha256(data).hexdigest()))


def main():
    source, output, damage, *arguments = sys.argv[1:]
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(source, output)
    globals()[damage](Path(output), *arguments)


main()
