"""How far predicted times are from measured ones: MXFP4 GEMMs of AMD's aiter, whose tables have times of an MI355X.

Usage: aiter_gemms.py AITER BIN [--work FOLDER] [--rows N] [--folds N] [--jobs N] [--csv FILE]

AITER is a clone of https://github.com/ROCm/aiter, BIN the folder with moec and moec-emulate. Of each row of aiter's tables that names
a hand-written kernel and 256 units (with --rows N, of N of each kernel) one workgroup is run on zeros, and moec predict computes the
time from its counters. The table of constants was fitted to these rows, so with --folds N they are fitted again, N times,
each time without a share of the pairs (n, k), on which the error is then taken: that is the error on shapes that a fit
has not seen. --csv writes every row with both times.
"""
import argparse
import collections
import concurrent.futures
import csv
import json
import math
import pathlib
import random
import re
import statistics
import sys

from aiter import from_git, run

TABLES = ("a4w4_blockscale_tuned_gemm", "model_configs/dsv3_a4w4_blockscale_tuned_gemm", "model_configs/kimik3_a4w4_blockscale_tuned_gemm")
LONGEST = 32768  # Longer products repeat the same loop: its trips are multiplied.

Row = collections.namedtuple("Row", "m n k tile measured")


def read_rows(aiter, most):
    kernels = collections.defaultdict(list)
    for table in TABLES:
        for row in csv.DictReader(from_git(aiter, f"aiter/configs/{table}.csv").decode().splitlines()):
            tile = re.search(r"f4gemm_.*_BpreShuffle_(\d+)x(\d+)", row["kernelName"])
            if tile and row["cu_num"] == "256" and row["splitK"] == "0":
                tile = int(tile[1]), int(tile[2])
                kernels[tile].append(Row(int(row["M"]), int(row["N"]), int(row["K"]), tile, float(row["us"])))
    random.seed(5)
    return [row for _, rows in sorted(kernels.items()) for row in (random.sample(rows, most) if 0 < most < len(rows) else rows)]


def count_group(options, tile, k, rows):
    """The counters of a workgroup with so many rows, by kernel and depth."""
    kernel = f"f4gemm_bf16_per1x32Fp4_BpreShuffle_{tile[0]}x{tile[1]}.co"
    code, counters = options.work / kernel, options.work / f"{tile[0]}x{tile[1]}-{k}-{rows}.json"
    if counters.exists():
        return
    tall, columns, blocks = max(256, tile[0]), max(256, tile[1]), k // 32  # Scales are shuffled in blocks of 256 rows.
    arguments = {"D": f"buf:{tall * columns * 2}", "A": f"buf:{tall * k // 2}", "B": f"buf:{columns * k // 2}",
                 "ScaleA": f"buf:{tall * blocks}", "ScaleB": f"buf:{columns * blocks}", "alpha": "f32:1",
                 "Mdim": f"u32:{rows}", "Ndim": f"u32:{tile[1]}", "Kdim": f"u32:{k}", "strideD0": f"u32:{tile[1]}",
                 "strideC0": f"u32:{tile[1]}", "strideA0": f"u32:{k}", "strideB0": f"u32:{k}", "strideScaleA0": f"u32:{blocks}",
                 "strideScaleB0": f"u32:{blocks}"}
    unfinished = counters.with_suffix(".part")
    run(options.bin / "moec-emulate", code, "--grid", 1, "--block", 256, "--threads", 1, "--allow", "races,waits,windows,poison",
        "--json", unfinished, *(part for name, value in arguments.items() for part in ("--arg", f"{name}={value}")))
    unfinished.rename(counters)


def counters_of(options, row):
    """The counters of one of the row's workgroups, as of its whole grid."""
    k = min(row.k, LONGEST)
    counters = json.loads((options.work / f"{row.tile[0]}x{row.tile[1]}-{k}-{min(row.m, row.tile[0])}.json").read_text())
    counters["grid"] = [-(-row.n // row.tile[1]), -(-row.m // row.tile[0]), 1]
    for loop in counters["loops"]:
        if loop["mfma_cycles"]:  # A trip's sums go on in proportion.
            for name, value in loop.items():
                if isinstance(value, int):
                    loop[name] = value * row.k // k
    return counters


def predict(options, number, row, counters):
    """moec's time, and the formula's numbers from its JSON."""
    given, times = options.work / f"counters-{number}.json", options.work / f"times-{number}.json"
    given.write_text(json.dumps(counters))
    read, written = (row.m + row.n) * (row.k // 2 + row.k // 32), row.m * row.n * 2
    run(options.bin / "moec", "predict", "--counters", given, "--json", times, "--read-bytes", read, "--written-bytes", written)
    report = json.loads(times.read_text())
    given.unlink()
    times.unlink()
    return report


def time_of(c, launch):
    """The formula of docs/Emulator.md, for workgroups that have a unit each."""
    group = launch["workgroups_counted"][0]
    crowd = math.ceil(group["waves"] / 4) / group["waves"]
    active = min(launch["workgroups"], 256)
    parts = [(group["outside_loops"], 0)] + [(loop, 1) for loop in group["loops"]]
    time = c["latency_us"]
    for part, looped in parts:
        waits = min(part["load_bytes"] / part["bytes_under_way"], part["waits"]) if looped and part["bytes_under_way"] else 0
        time += part["trips"] * max(part["matrix_cycles"] * crowd / c["matrix_hz"] * 1e6, part["issue_slots"] * crowd / c["issue_hz"] * 1e6,
                                    part["line_bytes"] * active / c["l2_bytes_per_s"] * 1e6, c["latency_us"] * waits)
    compute = launch["rounds"] * time
    memory = (launch["bytes_read"] + launch["bytes_written"]) / c["memory_bytes_per_s"] * 1e6
    return c["launch_us"] + max(compute, memory) + c["overlap"] * min(compute, memory)


FITTED = ("launch_us", "latency_us", "l2_bytes_per_s", "memory_bytes_per_s", "matrix_hz", "issue_hz", "overlap")


def fit(start, launches):
    """Constants with the least mean square of the logarithm of predicted over measured: one at a time, by ever smaller factors."""
    c = {name: start[name] for name in FITTED}

    def loss(c):
        return sum(math.log(time_of(c, launch) / measured)**2 for launch, measured in launches)

    best, step = loss(c), 0.2
    while step > 0.004:
        before = best
        for name in FITTED:
            for factor in (1 + step, 1 / (1 + step)):
                tried = c | {name: c[name] * factor}
                if (now := loss(tried)) < best:
                    best, c = now, tried
        if best > before * 0.9995:
            step /= 2
    return c


def describe(errors):
    sizes = list(map(abs, errors))
    return (f"mean error {100 * statistics.mean(sizes):.1f} %, median {100 * statistics.median(sizes):.1f} %, "
            f"mean of the signed ones {100 * statistics.mean(errors):+.1f} %")


def cross_validate(rows, launches, constants, folds):
    pairs = sorted({(row.n, row.k) for row in rows})
    random.Random(1).shuffle(pairs)
    held = []
    for fold in range(folds):
        kept_aside = set(pairs[fold::folds])
        seen = [launch for row, launch in zip(rows, launches) if (row.n, row.k) not in kept_aside]
        c = fit(constants, seen)
        errors = [time_of(c, launch) / measured - 1 for row, (launch, measured) in zip(rows, launches) if (row.n, row.k) in kept_aside]
        held += errors
        print(f"fitted to {len(seen)} rows, {len(errors)} others: {describe(errors)}; " +
              ", ".join(f"{name} {value:.3g}" for name, value in c.items()), flush=True)
    print(f"{len(held)} rows in {len(pairs)} pairs (n, k), each by a fit that has not seen its pair: {describe(held)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("aiter", type=pathlib.Path)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("aiter-gemms"))
    parser.add_argument("--csv", type=pathlib.Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)

    rows = read_rows(options.aiter, options.rows)
    for tile in {row.tile for row in rows}:
        kernel = f"f4gemm_bf16_per1x32Fp4_BpreShuffle_{tile[0]}x{tile[1]}.co"
        (options.work / kernel).write_bytes(from_git(options.aiter, f"hsa/gfx950/f4gemm/{kernel}"))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        groups = sorted({(row.tile, min(row.k, LONGEST), min(row.m, row.tile[0])) for row in rows})
        list(pool.map(lambda group: count_group(options, *group), groups))
        reports = list(pool.map(lambda pair: predict(options, *pair, counters_of(options, pair[1])), enumerate(rows)))
    constants = reports[0]["constants"]
    launches = [(report["launch"], row.measured) for report, row in zip(reports, rows)]
    for launch, _ in launches:
        if not math.isclose(time_of(constants, launch), launch["us"], rel_tol=1e-9):
            sys.exit(f"the formula gives {time_of(constants, launch)} us and moec predict {launch['us']} us")
    errors = [launch["us"] / measured - 1 for launch, measured in launches]
    if options.csv:
        options.csv.write_text("m,n,k,tile,measured_us,predicted_us,limit\n" + "".join(
            f"{row.m},{row.n},{row.k},{row.tile[0]}x{row.tile[1]},{row.measured},{launch['us']:.2f},{launch['limit']}\n"
            for row, (launch, _) in zip(rows, launches)))
    print(f"{len(rows)} rows of {len({row.tile for row in rows})} kernels, by the table of constants: {describe(errors)}")
    if options.folds:
        cross_validate(rows, launches, constants, options.folds)


if __name__ == "__main__":
    main()
