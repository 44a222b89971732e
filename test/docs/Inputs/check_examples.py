"""Checks that every fenced MLIR example of the dialects' definitions has the syntax of what it describes.

Usage: check_examples.py MOEC_OPT FOLDER

Examples are fragments: they use values and symbols that stand nowhere. The parser reads a whole op before it misses
those (or the op that they must stand in), so any other complaint means that the example is wrong.
"""
import pathlib
import re
import subprocess
import sys

FENCE = re.compile(r"```mlir\n(.*?)```", re.S)
TOP = re.compile(r"^\s*(%\w+ = )?(moe\.(weight|cache)\b|exec\.(weight|cache|kernel|variant) |tile\.kernel|func\.func|module)")


def wrap(example):
    """The example as something that stands in a file of its own."""
    lines = [line.strip() for line in example.splitlines() if line.strip() and not line.strip().startswith("//")]
    if lines[0][0] in "#!":
        items = []
        for line in lines:
            if line[0] in "#!" and (not items or items[-1].count("<") == items[-1].count(">")):
                items.append(line)
            else:
                items[-1] += " " + line
        return "\n".join(f"{item[0]}example{number} = {item}" for number, item in enumerate(items))
    body = "\n".join(lines)
    return body if TOP.match(body) else "func.func @example() {\n" + body + "\nreturn\n}"


def complaints(opt, text):
    result = subprocess.run([opt, "--mlir-print-op-generic", "-"], input=text, capture_output=True, text=True)
    return [line for line in result.stderr.splitlines()
            if " error: " in line and "undeclared SSA value" not in line and "is not declared" not in line
            and "is no moe." not in line and "expects parent op" not in line]


opt, folder = sys.argv[1], pathlib.Path(sys.argv[2])
count = wrong = 0
for path in sorted(folder.rglob("*.td")):
    if path.name == "Passes.td":
        continue  # "Before" and "After" leave things out
    for match in FENCE.finditer(path.read_text()):
        count += 1
        for line in complaints(opt, wrap(match.group(1))):
            wrong += 1
            print(f"{path.name}: {line}\n{match.group(1)}")
print(f"{count} examples, {wrong} complaints")
sys.exit(count < 60 or wrong > 0)
