"""Compares what a model's launches should cost by counts from before there were kernels (moec inspect) with what the same formula says
of the emulator's counts (moec predict).

Usage: compare_estimates.py PREDICTION INSPECTION [--within FACTOR] [--share SHARE] [--worst N]

PREDICTION is the file of moec predict --json, INSPECTION what moec inspect --all prints with the same context. Prints for each kernel
family how many launches there are and the ratio of the estimate to the prediction: least, median, most; and the share of launches
whose ratio is within FACTOR (2). With --share, exits 1 where that share is less.
"""
import argparse
import collections
import json
import re
import statistics
import sys

parser = argparse.ArgumentParser()
parser.add_argument("prediction", type=argparse.FileType())
parser.add_argument("inspection", type=argparse.FileType())
parser.add_argument("--within", type=float, default=2)
parser.add_argument("--share", type=float, default=0)
parser.add_argument("--worst", type=int, default=0)
options = parser.parse_args()


def without_layer(op):
    return re.sub(r"(?<![^.])\d+(?![^.])", "*", op)


# Launches of the first function's variants: the cells of the two tables' rows, which have the same order.
estimates, cells, tokens, first = collections.defaultdict(dict), [], [], True
for line in options.inspection:
    row = re.split(r"\s{2,}", line.strip())
    if line.startswith("Function "):
        first = line.split()[1] == "forward"
    elif line.startswith("Variant "):
        cells, tokens = [], []
    elif line.startswith("expected "):
        tokens, at = [int(count) for count in re.findall(r"T=(\d+) us", line)], 0
    elif first and tokens and at < len(cells):
        if len(row) == 1 + 2 * len(tokens):
            for count, time in zip(tokens, row[1::2]):
                estimates[count].setdefault(cells[at], []).append(float(time))
            at += 1
    elif first and len(row) >= 10 and row[1] == "1" and row[2] != "copy":
        cells.append((without_layer(row[0]), row[3], row[4]))

within = total = 0
ratios, worst = collections.defaultdict(list), []
for step in json.load(options.prediction)["steps"]:
    # Launches of one kernel over one grid differ where the last layer computes fewer rows: the shorter are those with less to do.
    times = {key: sorted(values) for key, values in estimates[step["tokens"]].items()}
    for kernel in sorted(step["kernels"], key=lambda kernel: kernel["time"]["us"]):
        op, predicted = kernel["op"], kernel["time"]["us"]
        left = times.get((op, kernel["kernel"], kernel["grid"]), [])
        found, left[:kernel["count"]] = left[:kernel["count"]], []
        if len(found) != kernel["count"]:
            sys.exit(f"T = {step['tokens']}: moec inspect has {len(found)} times of {op} ({kernel['kernel']}, {kernel['grid']}) and moec predict {kernel['count']}")
        for estimate in found:
            ratio = estimate / predicted
            ratios[step["tokens"], kernel["family"]].append(ratio)
            total += 1
            within += 1 / options.within <= ratio <= options.within
        worst.append((max(ratio, 1 / max(ratio, 1e-9)), ratio, step["tokens"], op, found[-1], predicted))
for (count, family), values in sorted(ratios.items()):
    print(f"T = {count:>5}  {family:<16} {len(values):>5} launches, estimate over prediction {min(values):.2f} to {max(values):.2f}, "
          f"median {statistics.median(values):.2f}")
for _, ratio, count, op, estimate, prediction in sorted(worst, reverse=True)[:options.worst]:
    print(f"{ratio:.2f}: T = {count}, {op}: estimated {estimate:.2f} us, predicted {prediction:.2f} us")
print(f"{total} launches, {100 * within / total:.1f} % within a factor of {options.within:g}")
sys.exit(within / total < options.share)
