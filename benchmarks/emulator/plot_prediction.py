#!/usr/bin/env python3
"""Draws what `moec predict --json` wrote: a bar a step, its parts by kernel family, and the least that the step could take.

usage: plot_prediction.py TIMES.json OUT.svg

Each bar is as long as its step and marked with its time; parts are shares of the sum of launches. Needs nothing but Python.
"""
import html
import json
import sys

COLOURS = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0"]
LEFT, WIDTH, BAR, GAP, TOP = 90, 640, 26, 16, 60


def text(x, y, content, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(content)}</text>'


def box(x, y, width, height, colour, title):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"><title>{html.escape(title)}</title></rect>'


def draw(report):
    steps = report["steps"]
    families = {}
    for step in steps:
        for kernel in step["kernels"]:
            families[kernel["family"]] = families.get(kernel["family"], 0) + kernel["count"] * kernel["time"]["us"] / step["time"]["us"]
    order = sorted(families, key=families.get, reverse=True)
    colour = {family: COLOURS[min(i, len(COLOURS) - 1)] for i, family in enumerate(order)}
    parts, x = [], LEFT
    for family in order:
        parts += [box(x, 20, 12, 12, colour[family], family), text(x + 16, 31, family)]
        x += 34 + 7 * len(family)
    for i, step in enumerate(steps):
        y, begin = TOP + i * (BAR + GAP), LEFT
        total = sum(kernel["count"] * kernel["time"]["us"] for kernel in step["kernels"])
        parts.append(text(LEFT - 8, y + BAR - 8, f"T = {step['tokens']}", "end"))
        for family in order:
            own = sum(k["count"] * k["time"]["us"] for k in step["kernels"] if k["family"] == family)
            if own:
                width = WIDTH * own / total
                parts.append(box(begin, y, width, BAR, colour[family], f"{family}: {own / 1e3:.2f} ms of launches"))
                begin += width
        least = LEFT + WIDTH * step["at_least_us"] / step["time"]["us"]
        parts.append(f'<line x1="{least:.1f}" x2="{least:.1f}" y1="{y - 4}" y2="{y + BAR + 4}" stroke="black" stroke-width="2"/>')
        parts.append(text(LEFT + WIDTH + 8, y + BAR - 8, f"{step['time']['us'] / 1e3:.1f} ms, at least {step['at_least_us'] / 1e3:.1f}"))
    height = TOP + len(steps) * (BAR + GAP)
    size = f'width="{max(x, LEFT + WIDTH + 190)}" height="{height}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
                      '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        picture = draw(json.load(file))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(picture)
