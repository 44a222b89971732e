"""How far predicted times are from measured ones: MXFP4 GEMMs of AMD's aiter, whose tables have times of an MI355X.

Usage: aiter_gemms.py AITER BIN [--rows N] [--seed S] [--work FOLDER]

AITER is a clone of https://github.com/ROCm/aiter, BIN the folder with moec and moec-emulate. Of each hand-written kernel N rows of
aiter/configs/a4w4_blockscale_tuned_gemm.csv are drawn; one workgroup from the middle of the grid is run on zeros, and moec predict
computes the time from its counters. Prints a line a row, then the mean and the median of the relative errors' magnitudes.
"""
import argparse
import csv
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("aiter", type=pathlib.Path)
parser.add_argument("bin", type=pathlib.Path)
parser.add_argument("--rows", type=int, default=2)
parser.add_argument("--seed", type=int, default=5)
parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("aiter-gemms"))
options = parser.parse_args()
options.work.mkdir(parents=True, exist_ok=True)


def from_git(path):
    return subprocess.run(["git", "-C", options.aiter, "show", f"HEAD:{path}"], capture_output=True, check=True).stdout


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")


def predict(m, n, k, tile_m, tile_n):
    """The time of one product, in microseconds."""
    kernel = f"f4gemm_bf16_per1x32Fp4_BpreShuffle_{tile_m}x{tile_n}.co"
    code, counters, times = options.work / kernel, options.work / "counters.json", options.work / "times.json"
    if not code.exists():
        code.write_bytes(from_git(f"hsa/gfx950/f4gemm/{kernel}"))
    across, down = -(-n // tile_n), -(-m // tile_m)
    rows, columns, blocks = down * tile_m, across * tile_n, k // 32
    tall, wide = -(-rows // 256) * 256, -(-columns // 256) * 256  # Scales are shuffled in blocks of 256 rows.
    arguments = {"D": f"buf:{rows * columns * 2}", "A": f"buf:{rows * k // 2}", "B": f"buf:{columns * k // 2}",
                 "ScaleA": f"buf:{tall * blocks}", "ScaleB": f"buf:{wide * blocks}", "alpha": "f32:1",
                 "Mdim": f"u32:{m}", "Ndim": f"u32:{n}", "Kdim": f"u32:{k}", "strideD0": f"u32:{n}", "strideC0": f"u32:{n}",
                 "strideA0": f"u32:{k}", "strideB0": f"u32:{k}", "strideScaleA0": f"u32:{blocks}", "strideScaleB0": f"u32:{blocks}"}
    run(options.bin / "moec-emulate", code, "--grid", f"{across},{down}", "--block", 256, "--threads", 1, "--groups-of-grid",
        across * down // 2, "--allow", "races,waits,windows,poison", "--json", counters,
        *(part for name, value in arguments.items() for part in ("--arg", f"{name}={value}")))
    run(options.bin / "moec", "predict", "--counters", counters, "--json", times, "--read-bytes", (m + n) * (k // 2 + blocks),
        "--written-bytes", m * n * 2)
    return json.loads(times.read_text())["launch"]


kernels = {}
for row in csv.DictReader(from_git("aiter/configs/a4w4_blockscale_tuned_gemm.csv").decode().splitlines()):
    tile = re.search(r"f4gemm_.*_BpreShuffle_(\d+)x(\d+)", row["kernelName"])
    if tile and row["cu_num"] == "256" and row["splitK"] == "0":
        kernels.setdefault((int(tile[1]), int(tile[2])), []).append(row)
random.seed(options.seed)
errors = []
for tile, rows in sorted(kernels.items()):
    for row in random.sample(rows, min(options.rows, len(rows))):
        m, n, k, measured = int(row["M"]), int(row["N"]), int(row["K"]), float(row["us"])
        launch = predict(m, n, k, *tile)
        errors.append(launch["us"] / measured - 1)
        print(f"{m:>7} {n:>7} {k:>7}  {tile[0]}x{tile[1]:<5} measured {measured:9.1f} us, predicted {launch['us']:9.1f} us, "
              f"{100 * errors[-1]:+4.0f} %, {launch['limit']}", flush=True)
sizes = list(map(abs, errors))
print(f"{len(sizes)} rows: mean error {100 * statistics.mean(sizes):.1f} %, median {100 * statistics.median(sizes):.1f} %, "
      f"mean of the signed ones {100 * statistics.mean(errors):+.1f} %")
