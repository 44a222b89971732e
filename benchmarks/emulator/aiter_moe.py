"""How far predicted times are from measured ones: fused fp8 MoE kernels of AMD's aiter, which no constant was fitted to.

Usage: aiter_moe.py AITER BIN [--work FOLDER] [--csv FILE] [--table PART]

AITER is a clone of https://github.com/ROCm/aiter, BIN the folder with moec and moec-emulate. For each row of aiter's tables for 256
units that one fused kernel of fp8 by fp8 computes (scales for each token, or for blocks of 128), experts are drawn all alike and sorted into
the kernel's blocks. One workgroup from the middle is run on zeros, all blocks with the first expert's weights, and moec predict computes
the time from its counters, the number of workgroups and the bytes of the experts that are drawn.
"""
import argparse
import array
import collections
import csv
import json
import pathlib
import random
import re
import statistics
import subprocess

from aiter import from_git, run

FOLDER = "hsa/gfx950/fmoe/silu"
KINDS = {"pertoken": "fmoe_bf16_pertokenFp8_g1u1_silu", "blockscale": "fmoe_bf16_blockscaleFp8_g1u1_silu"}
BLOCK = 128  # Numbers of a scale by blocks, each way.
UNITS = 256
FEW = 64  # Rows of the activation that exist; tokens beyond have them again.


def draw_blocks(tokens, experts, top_k, height):
    """The blocks of a step: for each the pairs, as slot << 24 | token; and how many experts have any."""
    pairs = [[] for _ in range(experts)]
    for token in range(tokens):
        for slot, expert in enumerate(random.sample(range(experts), top_k)):
            pairs[expert].append(slot << 24 | token % FEW)
    return [one[i:i + height] for one in pairs for i in range(0, len(one), height)], sum(map(bool, pairs))


def read_kernels(aiter):
    """Kernels by name: kind, file, and the numbers of its table."""
    return {row["knl_name"]: row | {"kind": kind}
            for kind, table in KINDS.items() for row in csv.DictReader(from_git(aiter, f"{FOLDER}/{table}.csv").decode().splitlines())}


def read_rows(aiter, kernels, part):
    tables = subprocess.run(["git", "-C", aiter, "ls-tree", "-r", "--name-only", "HEAD", "aiter/configs"], capture_output=True, text=True, check=True)
    for name in tables.stdout.splitlines():
        if "_tuned_fmoe" not in name or part not in name:
            continue
        rows = list(csv.DictReader(from_git(aiter, name).decode().splitlines()))
        times = collections.Counter(row["us"] for row in rows)
        for row in rows:
            alone = row.get("kernelName2", "") in ("", "Null") and float(row["us"]) > 0
            # A time that several rows have was copied from one to the others.
            if alone and times[row["us"]] == 1 and row["kernelName1"] in kernels and row["cu_num"] == str(UNITS):
                yield name.split("/")[-1], row


def make_scales(kind, inner, dim):
    """Bytes of the scales of rows, gate and up, and down, and of an expert's in each of the latter two."""
    if kind == "pertoken":
        return FEW * 4, 2 * inner * 4, dim * 4
    return dim // BLOCK * FEW * 4, 2 * inner // BLOCK * (dim // BLOCK) * 4, dim // BLOCK * (inner // BLOCK) * 4


def predict(options, kernel, row):
    tokens, dim, inner, experts, top_k = (int(row[name]) for name in ("token", "model_dim", "inter_dim", "expert", "topk"))
    columns, height, persistent = int(kernel["subGU_n"]), int(kernel["subGU_m"]), kernel["ps"] == "1"
    code = options.work / kernel["co_name"]
    if not code.exists():
        code.write_bytes(from_git(options.aiter, f"{FOLDER}/{kernel['co_name']}"))
    slices = -(-inner // columns)
    # Of five draws the one with the median of live experts.
    blocks, live = sorted((draw_blocks(tokens, experts, top_k, height) for _ in range(5)), key=lambda drawn: (drawn[1], len(drawn[0])))[2]
    ids = array.array("I", [pair for block in blocks for pair in block + [top_k << 24 | FEW] * (height - len(block))])
    files = {"STP": ids, "SW": array.array("f", [1] * len(ids)), "SEP": array.array("I", [0] * len(blocks)),
             "U": array.array("I", [len(ids), FEW])}
    for field, numbers in files.items():
        (options.work / f"{field}.bin").write_bytes(numbers.tobytes())
    # A persistent kernel's workgroups go through the blocks, each with a slice of the columns.
    most = int(kernel["tg_num_perCU"]) * UNITS
    grid = [most, 1] if persistent else [slices, len(blocks)]
    all_groups = most // slices * slices if persistent else slices * len(blocks)
    working = min(all_groups, slices * len(blocks))
    rows, up, down = make_scales(kernel["kind"], inner, dim)
    arguments = {"O": f"buf:{FEW * dim * 2}", "X": f"buf:{FEW * dim}", "G": f"buf:{2 * inner * dim}", "D": f"buf:{inner * dim}",
                 "XQ": f"buf:{rows}", "GQ": f"buf:{up}", "DQ": f"buf:{down}", "SMQ": "null",
                 **{field: f"in:{options.work / field}.bin" for field in files},
                 "dim": dim, "hdim": inner, "batch": FEW, "eprt": 1, "Xs": dim, "GUs": dim, "Ds": inner, "Os": 2 * dim,
                 "eGUs": 2 * inner * dim, "eDs": inner * dim, "eGUQs": up, "eDQs": down, "eSMQs": inner * 4, "topk": top_k,
                 "total_tgs": all_groups if persistent else 0, "ps_deno": slices}
    listed = subprocess.run([options.bin / "moec-emulate", code, "--list"], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^ +\d+ +\d+ bytes +\S+ +(\S+)$", listed, re.M)
    for field, other in (("total_tgs", "_s_total_tgs"), ("ps_deno", "_s_deno_tgs")):
        if field not in names:
            value = arguments.pop(field)
            if other in names:
                arguments[other] = value
    counters, times = options.work / "counters.json", options.work / "times.json"
    # Of persistent workgroups the first have the most blocks.
    chosen = 0 if persistent else working // 2
    run(options.bin / "moec-emulate", code, "--grid", ",".join(map(str, grid)), "--block", 256, "--threads", 1, "--groups-of-grid", chosen,
        "--allow", "races,waits,windows,poison", "--json", counters,
        *(part for field, value in arguments.items() for part in ("--arg", f"{field}={value if isinstance(value, str) else f'u32:{value}'}")))
    report = json.loads(counters.read_text())
    report["grid"] = [working, 1, 1]
    counters.write_text(json.dumps(report))
    run(options.bin / "moec", "predict", "--counters", counters, "--json", times, "--read-bytes", live * 3 * inner * dim + tokens * dim,
        "--written-bytes", tokens * dim * 2)
    return json.loads(times.read_text())["launch"]


def describe(errors):
    sizes = list(map(abs, errors))
    return (f"{len(sizes)} rows: mean error {100 * statistics.mean(sizes):.1f} %, median {100 * statistics.median(sizes):.1f} %, "
            f"mean of the signed ones {100 * statistics.mean(errors):+.1f} %")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("aiter", type=pathlib.Path)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("aiter-moe"))
    parser.add_argument("--csv", type=pathlib.Path)
    parser.add_argument("--table", default="")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    random.seed(1)
    kernels = read_kernels(options.aiter)
    errors, lines = {}, ["table,token,model_dim,inter_dim,expert,topk,kernel,measured_us,predicted_us,limit"]
    for table, row in read_rows(options.aiter, kernels, options.table):
        kernel, measured = kernels[row["kernelName1"]], float(row["us"])
        launch = predict(options, kernel, row)
        error = launch["us"] / measured - 1
        errors.setdefault(kernel["kind"], []).append(error)
        lines.append(",".join([table, *(row[name] for name in ("token", "model_dim", "inter_dim", "expert", "topk")), kernel["co_name"],
                               row["us"], f"{launch['us']:.1f}", launch["limit"]]))
        print(f"T = {row['token']:>5}, {row['model_dim']} x {row['inter_dim']:>4}, {row['topk']:>2} of {row['expert']:>3} experts, {kernel['co_name'][10:-3]}: "
              f"measured {measured:7.1f} us, predicted {launch['us']:7.1f} us, {100 * error:+4.0f} %, {launch['limit']}", flush=True)
    if options.csv:
        options.csv.write_text("\n".join(lines) + "\n")
    for kind, some in errors.items():
        print(f"{kind}, {describe(some)}")


if __name__ == "__main__":
    main()
