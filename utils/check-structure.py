#!/usr/bin/env python3
"""Checks what taste can be checked by a script: sizes, layers, vendor words, mirrored tests, op docs.

Prints one line for each finding and exits 1 if there is any. The allow-list of oversized files may only
shrink: an entry whose file no longer needs it is a finding too.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Lines that a file may have.
LIMITS = {".cpp": 600, ".h": 300, ".td": 800, ".mlir": 200, ".py": 400}

# Files that are larger, with their limit. Only ever remove from here, or lower a number.
ALLOWED_SIZES = {}

# Folders, and the project headers that they may include, by prefix of the include path.
LAYERS = {
    "lib/Support": ["moec/Support/"],
    "runtime": ["moec/Support/", "moec/Kernel.h", "moec/runtime/", "moec/abi/", "plan_generated.h"],
    "lib/Dialect/MX": ["moec/Support/", "moec/Dialect/MX/"],
    "lib/Dialect/MoE": ["moec/Support/", "moec/Dialect/MX/", "moec/Dialect/MoE/"],
    "lib/Dialect/Tile": ["moec/Support/", "moec/Dialect/MX/", "moec/Dialect/Tile/"],
    "lib/Import": ["moec/Support/", "moec/Dialect/MX/", "moec/Dialect/MoE/", "moec/Import/"],
    "lib/Reference": ["moec/Support/", "moec/Dialect/MX/", "moec/Dialect/MoE/", "moec/Import/", "moec/Reference/"],
}

VENDOR = re.compile(
    r"\b(cuda|hip|rocm|rocdl|nvidia|nvvm|amd|amdgpu|warp|warps|wavefront|gfx\d+|sm_\d+|mfma|wgmma|tcgen05)\b", re.I
)
# Where a vendor word may stand.
VENDOR_OK = ("targets/", "emulator/", "test/targets/", "test/emulator/", "unittests/Emulator/",
             "unittests/Amdgpu", "unittests/CpuCodegen/", "docs/", "tools/moec-emulate/", "benchmarks/",
             "utils/check-structure.py", "README.md", "CONTRIBUTING.md")

LEFT_FOR_LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [line for line in out.splitlines() if (ROOT / line).is_file()]


def check_sizes(files):
    for name in files:
        limit = LIMITS.get(Path(name).suffix)
        if limit is None:
            continue
        lines = len((ROOT / name).read_text(errors="replace").splitlines())
        allowed = ALLOWED_SIZES.get(name, limit)
        if lines > allowed:
            yield f"{name}: {lines} lines, at most {allowed}; split it by meaning"
        elif name in ALLOWED_SIZES and lines <= limit:
            yield f"{name}: {lines} lines needs no exception any more; remove it from ALLOWED_SIZES"


def check_layers(files):
    include = re.compile(r'^#include "((?:moec/|plan_generated)[^"]*)"')
    for name in files:
        if not name.endswith((".cpp", ".h")):
            continue
        folder = name.replace("include/moec/", "lib/", 1)
        rule = next((prefix for prefix in sorted(LAYERS, key=len, reverse=True) if folder.startswith(prefix + "/")), None)
        if rule is None:
            continue
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            match = include.match(line)
            if match and not match.group(1).startswith(tuple(LAYERS[rule])):
                yield f"{name}:{number}: {rule} may not include {match.group(1)}"


def check_words(files):
    for name in files:
        if not name.endswith((".cpp", ".h", ".td", ".c", ".py", ".fbs", ".mlir", ".txt", ".sh")):
            continue
        vendor_ok = name.startswith(VENDOR_OK)
        for number, line in enumerate((ROOT / name).read_text(errors="replace").splitlines(), 1):
            if not vendor_ok and (word := VENDOR.search(line)):
                yield f"{name}:{number}: vendor word '{word.group(0)}' above the waist"
            if name != "utils/check-structure.py" and (word := LEFT_FOR_LATER.search(line)):
                yield f"{name}:{number}: '{word.group(0)}': finish it or file an issue"


def check_mirror(files):
    """lib/X/Y has test/X/Y or a unittests folder of the same name."""
    folders = {tuple(Path(f).parts[1:3]) for f in files if f.startswith("lib/") and len(Path(f).parts) > 3}
    for parts in sorted(folders):
        if parts[0] not in ("Dialect", "Conversion"):
            continue
        if not any(f.startswith(f"test/{parts[0]}/{parts[1]}/") for f in files):
            yield f"lib/{parts[0]}/{parts[1]}: has no test/{parts[0]}/{parts[1]}"


def check_ops(files):
    """Every op has a summary and a description with a fenced example."""
    start = re.compile(r"^def (\w+Op)\s*:", re.M)
    for name in files:
        if not (name.startswith("include/moec/Dialect/") and name.endswith(".td")):
            continue
        text = (ROOT / name).read_text()
        starts = list(start.finditer(text))
        for match, following in zip(starts, starts[1:] + [None]):
            body = text[match.start() : following.start() if following else len(text)]
            for what, needle in (("summary", "let summary"), ("description", "let description"), ("example", "```mlir")):
                if needle not in body:
                    yield f"{name}: {match.group(1)} has no {what}"


def main():
    files = tracked()
    findings = []
    for check in (check_sizes, check_layers, check_words, check_mirror, check_ops):
        findings += check(files)
    for finding in findings:
        print(finding)
    if findings:
        print(f"error: {len(findings)} finding(s) in the structure", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
