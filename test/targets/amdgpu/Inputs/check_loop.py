"""Reads assembly and checks its loop of matrix products: nothing in scratch, and no wait for all loads.

Usage: check_loop.py PRODUCTS < ASSEMBLY

The loop must have PRODUCTS matrix instructions, loads from memory, and waits for some of them only.
"""
import re
import sys

lines = [line.strip() for line in sys.stdin]
labels = {line.split(":")[0]: at for at, line in enumerate(lines) if re.match(r"\.LBB\w+:", line)}
loops = []
for at, line in enumerate(lines):
    branch = re.match(r"s_(?:c?branch\w*)\s+(\.LBB\w+)", line)
    if branch and labels[branch[1]] <= at:
        loops.append(lines[labels[branch[1]] : at])
loops = [loop for loop in loops if any(line.startswith("v_mfma") for line in loop)]
if len(loops) != 1:
    sys.exit(f"{len(loops)} loops have matrix products, not one")
(loop,) = loops


def count(pattern):
    return sum(bool(re.search(pattern, line)) for line in loop)


found = {what: count(pattern) for what, pattern in {
    "products": r"^v_mfma", "loads": r"^(buffer|global)_load", "partial waits": r"vmcnt\([1-9]", "waits for all": r"vmcnt\(0\)",
    "scratch accesses": r"^scratch_"}.items()}
print(found)
if found["products"] != int(sys.argv[1]) or not found["loads"] or not found["partial waits"]:
    sys.exit("this is not the loop that was expected")
if found["waits for all"] or found["scratch accesses"]:
    sys.exit("the loop waits for all loads, or uses scratch")
