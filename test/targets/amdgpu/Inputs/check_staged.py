"""Reads assembly and checks its staged loop of matrix products: copies to LDS behind one wait and one barrier a step.

Usage: check_staged.py --products N --copies N --barriers N --alu MOST [--pending LEAST] < ASSEMBLY

The loop must have so many matrix instructions, loads to LDS and barriers, a wait for vector memory just before each barrier that
leaves at least LEAST under way, nothing in scratch, and at most MOST other vector instructions for 128 products. The kernel may not have scratch either.
"""
import argparse
import re
import sys

parser = argparse.ArgumentParser()
for name in ("products", "copies", "barriers", "alu"):
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--pending", type=int, default=0)
options = parser.parse_args()

lines = [line.split(";")[0].strip() for line in sys.stdin]
lines = [line for line in lines if line]
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


found = {"products": count(r"^v_mfma"), "copies": count(r"^buffer_load.* lds$"), "barriers": count(r"^s_barrier")}
print(found)
wrong = [name for name, number in found.items() if number != getattr(options, name)]
if wrong:
    sys.exit(f"not the loop that was expected: {', '.join(wrong)}")
for at, line in enumerate(loop):
    if line != "s_barrier":
        continue
    waits = [int(count) for before in loop[max(0, at - 3) : at] for count in re.findall(r"vmcnt\((\d+)\)", before)]
    if not waits:
        sys.exit(f"no wait for copies before barrier {at}")
    if min(waits) < options.pending:
        sys.exit(f"the wait before barrier {at} leaves {min(waits)} accesses under way, not {options.pending}")
if count(r"^scratch_") or any(re.match(r"\.amdhsa_private_segment_fixed_size\s+[1-9]", line) for line in lines):
    sys.exit("the kernel uses scratch")
alu = count(r"^v_(?!mfma)") * 128 // found["products"]
print(f"vector ALU instructions for 128 products: {alu}")
if alu > options.alu:
    sys.exit(f"at most {options.alu} were expected")
