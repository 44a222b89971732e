#!/usr/bin/env python3
"""Plots what `moec bench-serve --json` wrote: output tokens a second, and the time to the first token (median and 95th
percentile), over the rate of requests or the number of clients. Several files become several lines.

usage: plot_load.py OUT.png NAME=RUNS.json…    (needs matplotlib)
"""
import json
import sys

try:
    import matplotlib
except ImportError:
    sys.exit("no plot: matplotlib is not installed")
matplotlib.use("Agg")
from matplotlib import pyplot


def read_runs(argument):
    name, equals, path = argument.partition("=")
    if not equals:
        sys.exit(f"'{argument}' is no NAME=RUNS.json")
    runs = json.load(open(path))
    if not runs:
        sys.exit(f"{path}: there are no runs")
    loads = {key for run in runs for key in ("request_rate", "clients") if run.get(key)}
    if len(loads) != 1:
        sys.exit(f"{path}: runs are at rates and of clients; a plot is of one of the two")
    return name, loads.pop(), runs


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    series = [read_runs(argument) for argument in sys.argv[2:]]
    loads = {load for _, load, _ in series}
    if len(loads) != 1:
        sys.exit("some files have rates and some clients; a plot is of one of the two")
    figure, (rates, firsts) = pyplot.subplots(1, 2, figsize=(10, 4))
    for name, load, runs in series:
        runs = sorted(runs, key=lambda run: run[load])
        x = [run[load] for run in runs]
        (line,) = rates.plot(x, [run["output_throughput"] for run in runs], marker="o", label=name)
        for percentile, style in (("median", "-"), ("p95", "--")):
            firsts.plot(x, [run["ttft_ms"][percentile] for run in runs], style, marker="o", color=line.get_color(),
                        label=f"{name}, {percentile}")
    rates.set_ylabel("output tokens a second")
    firsts.set_ylabel("time to the first token, ms")
    for axes in (rates, firsts):
        axes.set_xlabel("requests a second" if loads == {"request_rate"} else "clients")
        axes.set_ylim(bottom=0)
        axes.legend()
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(sys.argv[1], dpi=120)


if __name__ == "__main__":
    main()
