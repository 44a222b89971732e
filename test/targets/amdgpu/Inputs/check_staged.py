"""Reads assembly and checks its staged loop of matrix products: copies to LDS behind one wait and one barrier a step.

Usage: check_staged.py --products N --copies N --barriers N --alu MOST [--pending LEAST] [--reads N] [--heights N] < ASSEMBLY

The loop must have so many matrix instructions, loads to LDS and barriers, a wait for vector memory just before each barrier that
leaves at least LEAST under way, so many reads of LDS, nothing in scratch, and at most MOST other vector instructions for 128 products. The kernel may not have scratch either. Where it
has loops for blocks of several heights, the tallest one's is checked.
"""
import argparse
import re
import sys

import loops

parser = argparse.ArgumentParser()
for name in ("products", "copies", "barriers", "alu"):
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--pending", type=int, default=0)
parser.add_argument("--reads", type=int)
parser.add_argument("--heights", type=int, default=1)
options = parser.parse_args()

lines = [line.split(";")[0].strip() for line in sys.stdin]
lines = [line for line in lines if line]
loop = loops.find_products(lines, options.heights)

found = {"products": loops.count(loop, r"^v_mfma"), "copies": loops.count(loop, r"^buffer_load.* lds$"), "barriers": loops.count(loop, r"^s_barrier")}
if options.reads is not None:
    found["reads"] = loops.count(loop, r"^ds_read")
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
if loops.count(loop, r"^scratch_") or any(re.match(r"\.amdhsa_private_segment_fixed_size\s+[1-9]", line) for line in lines):
    sys.exit("the kernel uses scratch")
alu = loops.count(loop, r"^v_(?!mfma)") * 128 // found["products"]
print(f"vector ALU instructions for 128 products: {alu}")
if alu > options.alu:
    sys.exit(f"at most {options.alu} were expected")
