"""Whether AMD's own kernels run: loads all code objects that aiter ships for gfx950, looks whether each of their instructions is
emulated, and compares the MXFP4 GEMMs among them with sums by Python.

Usage: aiter_objects.py AITER BIN [--work FOLDER] [--only PART]

AITER is a clone of https://github.com/ROCm/aiter, BIN the folder with moec-emulate. A GEMM computes one workgroup of random codes and
scales over K = 512; 64 of its results are compared. Exits 1 if an object does not load or a result is wrong.
"""
import argparse
import collections
import pathlib
import random
import re
import struct
import subprocess
import sys

from aiter import from_git

FOLDER = "hsa/gfx950"
DEPTH = 512
NUMBERS = [sign * value for sign in (1, -1) for value in (0, 0.5, 1, 1.5, 2, 3, 4, 6)]


def shuffle_scales(scales, rows, columns):
    """Blocks of 32 rows by 8 columns, so that a dword has two of each."""
    shuffled = bytearray(rows * columns)
    for row in range(rows):
        for column in range(columns):
            place = (row // 32 * (columns // 8) + column // 8) * 4 + column % 4
            place = ((place * 16 + row % 16) * 2 + column // 4 % 2) * 2 + row // 16 % 2
            shuffled[place] = scales[row][column]
    return bytes(shuffled)


def shuffle_codes(codes, rows, width):
    """Blocks of 16 rows by 32 bytes, in which 16 bytes of each row follow each other."""
    return b"".join(codes[(block * 16 + row) * width + first:][:16] for block in range(rows // 16) for start in range(0, width, 32)
                    for first in (start, start + 16) for row in range(16))


def number(codes, width, row, k):
    byte = codes[row * width + k // 2]
    return NUMBERS[byte >> 4 if k % 2 else byte & 15]


def check_gemm(options, code, name):
    """How many results of 64 are wrong."""
    rows, columns = map(int, re.search(r"(\d+)x(\d+)", name.split("Shuffle_")[1]).groups())
    width, blocks = DEPTH // 2, DEPTH // 32
    a, b = random.randbytes(rows * width), random.randbytes(columns * width)
    draw = lambda count: [[random.randint(124, 130) for _ in range(blocks)] for _ in range(-(-count // 256) * 256)]
    scale_a, scale_b = draw(rows), draw(columns)
    files = {"A": a, "B": b if "noBpre" in name else shuffle_codes(b, columns, width),
             "ScaleA": shuffle_scales(scale_a, len(scale_a), blocks), "ScaleB": shuffle_scales(scale_b, len(scale_b), blocks)}
    for field, data in files.items():
        (options.work / f"{field}.bin").write_bytes(data)
    result = options.work / "d.bin"
    numbers = {"Mdim": rows, "Ndim": columns, "Kdim": DEPTH, "strideD0": columns, "strideC0": columns, "strideA0": DEPTH, "strideB0": DEPTH,
               "strideScaleA0": blocks, "strideScaleB0": blocks}
    arguments = [f"D=out:{result}:{rows * columns * 2}", "alpha=f32:1", *(f"{field}=in:{options.work / field}.bin" for field in files),
                 *(f"{field}=u32:{value}" for field, value in numbers.items())]
    # They read results of matrix instructions early, and registers that nobody wrote; the machine allows both.
    command = [options.bin / "moec-emulate", code, "--block", "256", "--allow", "races,waits,windows,poison"]
    done = subprocess.run(command + [part for one in arguments for part in ("--arg", one)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr}")
    words, wrong = struct.unpack(f"<{rows * columns}H", result.read_bytes()), 0
    for _ in range(64):
        m, n = random.randrange(rows), random.randrange(columns)
        terms = [number(a, width, m, k) * number(b, width, n, k) * 2.0**(scale_a[m][k // 32] + scale_b[n][k // 32] - 254) for k in range(DEPTH)]
        found = struct.unpack("<f", struct.pack("<I", words[m * columns + n] << 16))[0]
        wrong += not abs(found - sum(terms)) <= abs(sum(terms)) / 256 + 1e-6 * sum(map(abs, terms))
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("aiter", type=pathlib.Path)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("aiter-objects"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(["git", "-C", options.aiter, "ls-tree", "-r", "--name-only", "HEAD", FOLDER], capture_output=True, text=True, check=True)
    objects = [name for name in listed.stdout.splitlines() if name.endswith(".co") and options.only in name]
    random.seed(1)
    loaded, decoded, gemms, wrong, missing = 0, 0, 0, 0, collections.Counter()
    for name in objects:
        code = options.work / "kernel.co"
        code.write_bytes(from_git(options.aiter, name))
        done = subprocess.run([options.bin / "moec-emulate", code, "--list"], capture_output=True, text=True)
        if done.returncode:
            print(f"{name}: {done.stderr.strip()}", flush=True)
            continue
        loaded += 1
        lacks = re.findall(r"^not emulated: (.+), (\d+) of", done.stdout, re.M)
        decoded += not lacks
        for opcode, count in lacks:
            missing[opcode] += int(count)
        if "/f4gemm/" in name:
            gemms += 1
            if bad := check_gemm(options, code, name):
                wrong += 1
                print(f"{name}: {bad} of 64 results are wrong", flush=True)
    print(f"{len(objects)} objects: {loaded} load, of {decoded} all instructions are emulated; {gemms} GEMMs, {gemms - wrong} right")
    for opcode, count in missing.most_common():
        print(f"  {count} {opcode}")
    sys.exit(loaded != len(objects) or wrong > 0)


if __name__ == "__main__":
    main()
