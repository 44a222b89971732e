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
TOP = re.compile(r"^\s*(moe\.(weight|cache)\b|exec\.plan |tile\.kernel|func\.func|module)")
# What stands in a plan, and in a function of it.
PLANNED = re.compile(r"^\s*exec\.(weight|state|kernel|code_object|func) ")
IN_FUNCTION = re.compile(r"^\s*exec\.variant ")
# What a fragment lacks; and the op that no plan may have yet.
MISSING = re.compile(r"undeclared SSA value|is not declared|is no moe\.|expects parent op|is no (in|out)put of the function"
                     r"|which is not a kernel|needs ranks")


def wrap(example):
    """The example as something that stands in a file of its own."""
    lines = [line.strip() for line in example.splitlines() if line.strip() and not line.strip().startswith("//")]
    if lines[0][0] in "#!":
        items = []
        for line in lines:
            plain = items[-1].replace("->", "") if items else ""
            if line[0] in "#!" and plain.count("<") == plain.count(">"):
                items.append(line)
            else:
                items[-1] += " " + line
        return "\n".join(f"{item[0]}example{number} = {item}" for number, item in enumerate(items))
    body = "\n".join(lines)
    if IN_FUNCTION.match(body):
        body = "exec.func @example inputs [] outputs [] {\n" + body + "\n}"
    if PLANNED.match(body):
        body = "exec.plan {\n" + body + "\n}"
    return body if TOP.match(body) else "func.func @example() {\n" + body + "\nreturn\n}"


def complaints(opt, text):
    result = subprocess.run([opt, "--mlir-print-op-generic", "-"], input=text, capture_output=True, text=True)
    return [line for line in result.stderr.splitlines()
            if " error: " in line and not MISSING.search(line)]


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
