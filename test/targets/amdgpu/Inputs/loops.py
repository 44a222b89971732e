"""The loop of matrix products in the assembly of one kernel."""
import re
import sys


def find_products(lines):
    """The lines of the only loop with matrix products, from its label to its branch; exits if there is not one."""
    labels = {line.split(":")[0]: at for at, line in enumerate(lines) if re.match(r"\.LBB\w+:", line)}
    loops = []
    for at, line in enumerate(lines):
        branch = re.match(r"s_(?:c?branch\w*)\s+(\.LBB\w+)", line)
        if branch and labels[branch[1]] <= at:
            loops.append(lines[labels[branch[1]] : at])
    loops = [loop for loop in loops if any(line.startswith("v_mfma") for line in loop)]
    if len(loops) != 1:
        sys.exit(f"{len(loops)} loops have matrix products, not one")
    return loops[0]


def count(loop, pattern):
    return sum(bool(re.search(pattern, line)) for line in loop)
