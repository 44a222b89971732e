"""The loop of matrix products in the assembly of one kernel."""
import re
import sys


def find_products(lines, heights=1):
    """The lines of the loop with most matrix products, from its label to its branch; exits if there are not as many loops with products
    as heights of blocks."""
    labels = {line.split(":")[0]: at for at, line in enumerate(lines) if re.match(r"\.LBB\w+:", line)}
    loops = {}
    for at, line in enumerate(lines):
        branch = re.match(r"s_(?:c?branch\w*)\s+(\.LBB\w+)", line)
        if branch and labels[branch[1]] <= at:
            loops[branch[1]] = lines[labels[branch[1]] : at]
    loops = [loop for loop in loops.values() if any(line.startswith("v_mfma") for line in loop)]
    if len(loops) != heights:
        sys.exit(f"{len(loops)} loops have matrix products, not {heights}")
    return max(loops, key=lambda loop: count(loop, r"^v_mfma"))


def count(loop, pattern):
    return sum(bool(re.search(pattern, line)) for line in loop)
