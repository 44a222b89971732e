"""Reads assembly and checks its loop of matrix products: nothing in scratch, and no wait for all loads.

Usage: check_loop.py PRODUCTS < ASSEMBLY

The loop must have PRODUCTS matrix instructions, loads from memory, and waits for some of them only.
"""
import sys

import loops

lines = [line.strip() for line in sys.stdin]
loop = loops.find_products(lines)

found = {what: loops.count(loop, pattern) for what, pattern in {
    "products": r"^v_mfma", "loads": r"^(buffer|global)_load", "partial waits": r"vmcnt\([1-9]", "waits for all": r"vmcnt\(0\)",
    "scratch accesses": r"^scratch_"}.items()}
print(found)
if found["products"] != int(sys.argv[1]) or not found["loads"] or not found["partial waits"]:
    sys.exit("this is not the loop that was expected")
if found["waits for all"] or found["scratch accesses"]:
    sys.exit("the loop waits for all loads, or uses scratch")
