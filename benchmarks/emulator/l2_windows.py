#!/usr/bin/env python3
"""What the second-level caches of an MI355X take in for the products of a MoE layer, by the order in which workgroups compute blocks.

usage: l2_windows.py TIMES.json [--experts 257] [--top 9] [--hidden 6144] [--intermediate 512] [--bits 4.25]

TIMES.json is what `moec predict --json` wrote; schedules are taken from it. Workgroups go to eight caches in turn, and those that the 32 units of
one run at a time (as many on each as the prediction says) are taken to fetch what they read once, all of K: it is too much to stay for the
next ones. Printed are GB of all caches for workgroups that compute the block of their number, and by the schedule's `bands`, beside the
different bytes of all workgroups. Experts are drawn all alike. Needs nothing but Python.
"""
import argparse
import json
import random
import re

CACHES, UNITS = 8, 32


def draw_blocks(tokens, experts, top, height):
    """The expert of each block of rows, and its live rows."""
    pairs = [0] * experts
    draw = random.Random(1)
    for _ in range(tokens):
        for expert in draw.sample(range(experts), top):
            pairs[expert] += 1
    return [(expert, min(height, count - first)) for expert, count in enumerate(pairs) for first in range(0, count, height)]


def order(x, y, columns, rows, bands):
    """The block of a workgroup: lib/Simt/BlockOrder.cpp."""
    turn = CACHES * bands
    first = y // turn * turn if bands else 0
    if not bands or first + turn > rows:
        return x, y
    number = (y - first) * columns + x
    cache, place = number % CACHES, number // CACHES
    return place // bands, first + cache * bands + place % bands


def count(blocks, rows, columns, bands, at_once, row_bytes, column_bytes):
    """Bytes that all caches take in; the grid has `rows` of them, an upper bound."""
    queues = [[] for _ in range(CACHES)]
    for number in range(rows * columns):
        x, y = order(number % columns, number // columns, columns, rows, bands)
        if y < len(blocks):
            queues[number % CACHES].append((x, y))
    total = 0
    for queue in queues:
        for begin in range(0, len(queue), at_once):
            window = queue[begin : begin + at_once]
            total += sum(blocks[y][1] * row_bytes for y in {y for _, y in window})
            total += len({(x, blocks[y][0]) for x, y in window}) * column_bytes
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times")
    for name, value in (("experts", 257), ("top", 9), ("hidden", 6144), ("intermediate", 512)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--bits", type=float, default=4.25)
    options = parser.parse_args()
    print(f"{'T':>6} {'product':12} {'schedule':44} {'numbers, GB':>12} {'bands, GB':>10} {'different, GB':>14}")
    for step in json.load(open(options.times))["steps"]:
        for kernel in step["kernels"]:
            if kernel["family"] != "grouped_gemm":
                continue
            schedule = {name: int(value) for name, value in re.findall(r"(\w+) = (\d+)", kernel["schedule"])}
            up = "down" not in kernel["op"]
            depth, width = (options.hidden, options.intermediate) if up else (options.intermediate, options.hidden)
            block = schedule["BN"] * schedule.get("walk", 1)
            columns = -(-width // block)
            blocks = draw_blocks(step["tokens"], options.experts, options.top, schedule["BM"])
            pairs = step["tokens"] * options.top
            rows = min(pairs, (pairs + options.experts * (schedule["BM"] - 1)) // schedule["BM"])
            row_bytes = depth * options.bits / 8
            column_bytes = min(block, width) * (2 if up else 1) * row_bytes
            at_once = UNITS * int(kernel["first_draw"]["workgroups_on_a_unit"])
            sizes = [count(blocks, rows, columns, bands, at_once, row_bytes, column_bytes) for bands in (0, schedule.get("bands", 0))]
            different = pairs * row_bytes + len({expert for expert, _ in blocks}) * columns * column_bytes
            shown = ", ".join(f"{name} {schedule[name]}" for name in ("BM", "BN", "walk", "bands") if name in schedule)
            print(f"{step['tokens']:6} {'gate and up' if up else 'down':12} {shown:44} " f"{sizes[0] / 1e9:12.2f} {sizes[1] / 1e9:10.2f} {different / 1e9:14.2f}")


main()
