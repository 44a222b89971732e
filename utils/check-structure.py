#!/usr/bin/env python3
"""Checks what taste can be checked by a script: sizes, layers, vendor words, mirrored tests, ops, passes, machines.

    check-structure.py [ROOT]

Prints one line for each finding and exits 1 if there is any. utils/check-structure-test.py plants a violation of each
rule and looks for its line.
"""
import collections
import re
import subprocess
import sys
from pathlib import Path

# Lines that a file may have.
LIMITS = {".cpp": 600, ".h": 300, ".td": 800, ".mlir": 200, ".py": 400}

# Files that a folder may have, of those that git tracks; its folders do not count.
FOLDER_LIMIT = 20

# Files that are larger, with the lines they have. Only ever remove from here, or lower a number.
ALLOWED_SIZES = {}

# Folders, and the project headers that they may include, by prefix of the include path; `*` is the folder's own part.
MODEL = ["moec/Support/", "moec/Formats/", "moec/Dialect/MX/", "moec/Dialect/MoE/"]
PLAN = MODEL + ["moec/StepArrays.h", "moec/Dialect/Moec/", "moec/Dialect/Tile/", "moec/Dialect/Exec/", "moec/Target/", "moec/Conversion/"]
LAYERS = {
    "lib/Support": ["moec/Support/"],
    "lib/CostModel": ["moec/Support/", "moec/CostModel/"],
    "lib/Layout": ["moec/Support/", "moec/Layout/"],
    "lib/Formats": ["moec/Support/", "moec/Formats/"],
    "lib/Checkpoint": ["moec/Support/", "moec/Formats/", "moec/Checkpoint/"],
    # Of a machine it takes how far code generation goes.
    "lib/CodeGen": ["moec/Support/", "moec/Diagnostics/", "moec/Target/Target.h", "moec/CodeGen/"],
    "lib/Diagnostics": ["moec/Support/", "moec/Diagnostics/"],
    "lib/Dialect/MX": ["moec/Support/", "moec/Formats/", "moec/Dialect/MX/"],
    "lib/Dialect/MoE": MODEL,
    "lib/Dialect/Tile": ["moec/Support/", "moec/Layout/", "moec/Dialect/MX/", "moec/Dialect/Tile/"],
    "lib/Dialect/Exec": ["moec/Support/", "moec/Dialect/MX/", "moec/Dialect/Tile/", "moec/Dialect/Exec/"],
    "lib/Import": MODEL + ["moec/StepArrays.h", "moec/Checkpoint/", "moec/Diagnostics/", "moec/Import/"],
    "lib/Reference": MODEL + ["moec/Checkpoint/", "moec/Import/", "moec/Reference/"],
    # Of the reference it takes what a quantised block is.
    "lib/Interpreter": ["moec/Support/", "moec/Formats/", "moec/Diagnostics/", "moec/Dialect/MX/", "moec/Dialect/Tile/", "moec/Reference/", "moec/Interpreter/"],
    "lib/Dialect/Moec": ["moec/Support/", "moec/Dialect/Moec/"],
    # Of the model a machine knows the names of kernel families, of a machine builders know what it is told.
    "lib/Target": ["moec/Support/", "moec/Dialect/Tile/", "moec/Dialect/MX/", "moec/Dialect/Moec/",
                   "moec/Dialect/MoE/MoEEnums.h", "moec/Target/"],
    "lib/Simt": ["moec/Support/", "moec/Diagnostics/", "moec/Formats/", "moec/Layout/", "moec/Dialect/MX/", "moec/Dialect/Tile/", "moec/Simt/"],
    "lib/Conversion/MoEToTile": MODEL + ["moec/Dialect/Tile/", "moec/Conversion/MoEToTile/",
                                         "moec/Target/KernelShape.h", "moec/StepArrays.h"],
    "lib/Conversion/MoEToExec": PLAN,
    "lib/Conversion/ExecToTile": PLAN,
    "lib/Translation": PLAN + ["moec/abi/", "moec/Kernel.h", "moec/Translation/"],
    "lib/Compiler": PLAN + ["moec/Checkpoint/", "moec/Diagnostics/", "moec/Import/", "moec/Compiler/", "moec/Translation/", "moec/abi/", "moec/Kernel.h",
                            "moec/InitAll"],
    "runtime": ["runtime/", "moec/Support/", "moec/Kernel.h", "moec/StepArrays.h", "moec/runtime/", "moec/abi/", "plan_generated.h"],
    "emulator/core": ["moec/Support/", "moec/emulator/core/"],
    "emulator": ["moec/Support/", "moec/CostModel/", "moec/emulator/", "emulator/"],
    "targets/*/codegen": ["moec/Support/", "moec/Formats/", "moec/Kernel.h", "moec/Dialect/Tile/", "moec/Dialect/MX/", "moec/Target/",
                          "moec/CostModel/", "moec/CodeGen/", "moec/Diagnostics/", "moec/Layout/", "moec/Simt/", "targets/*/"],
    "targets/*/device": ["moec/Support/", "moec/Kernel.h", "moec/runtime/", "targets/*/device/"],
}
# Layouts of tiles, and who knows of them: the dialect, what lowers it for machines with lanes, and what executes it.
LAYOUTS = "moec/Dialect/Tile/Layout.h"
KNOW_LAYOUTS = ("lib/Dialect/Tile/", "include/moec/Dialect/Tile/", "lib/Simt/", "include/moec/Simt/", "lib/Interpreter/", "targets/",
                "unittests/")
# Where MLIR's and LLVM's headers may not stand: what has to run without them.
WITHOUT_LLVM = re.compile(r"((lib|include/moec)/(Support|CostModel|Formats|Checkpoint)|runtime|abi|targets/[^/]+/device)/")

VENDOR = re.compile(
    r"\b(cuda|hip|rocm|rocdl|nvidia|nvvm|amd|amdgpu|warp|warps|wavefront|gfx\d+|sm_\d+|mfma|wgmma|tcgen05)\b", re.I
)
# Where a vendor word may stand.
VENDOR_OK = ("targets/", "emulator/", "test/targets/", "test/emulator/", "unittests/Emulator", "unittests/Amdgpu",
             "docs/", "tools/moec-emulate/", "benchmarks/", "utils/check-structure", "README.md", "CONTRIBUTING.md")
# What all machines with lanes share has no vendor's words for its parts either.
VENDOR_PART = re.compile(r"\b(waves?|lds|wgmmas?|mfmas?|gfx\w*|sm_\w*|warps?|ptx\w*|vgprs?)\b", re.I)
SHARED_BY_VENDORS = ("lib/Simt/", "include/moec/Simt/", "unittests/Simt/", "emulator/core/")
# Folders that are about one machine without lying below it: <Machine>Codegen, <machine>, and their guards.
ABOUT_MACHINE = re.compile(r"^(unittests|benchmarks|test/targets)/(\w+?)(Codegen|Device)?/")

LEFT_FOR_LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# How a lit test begins: with a comment that says what it is for.
INTENT = re.compile(r"(//|#) (?![A-Z-]+:)\S")
# The command of one of our programs on a RUN line.
OUR_COMMAND = re.compile(r"(?<![\w/.-])moec(?:-[a-z]+)? [^|;&<>]*")

# Traits and interfaces of an op that relate its values to each other or to a symbol.
RELATING = ("hasVerifier = 1", "hasRegionVerifier = 1", "SameOperandsAnd", "SameTypeOperands", "TypesMatch",
            "ShapesMatch", "SymbolUserOpInterface")


class Tree:
    """The files of a checkout that git tracks or would track."""

    def __init__(self, root):
        self.root = Path(root)
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        out = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout
        self.files = sorted({line for line in out.splitlines() if (self.root / line).is_file()})

    def text(self, name):
        return (self.root / name).read_text(errors="replace")

    def having(self, *prefixes):
        return [name for name in self.files if name.startswith(prefixes)]

    def machines(self):
        return sorted({name.split("/")[1] for name in self.having("targets/") if name.count("/") > 1})


def committed_sizes(tree):
    """ALLOWED_SIZES as the last commit has it; None without one."""
    show = subprocess.run(["git", "show", "HEAD:utils/check-structure.py"], cwd=tree.root, capture_output=True, text=True)
    table = re.search(r"^ALLOWED_SIZES = (\{.*?\})$", show.stdout, re.M | re.S)
    return eval(table.group(1), {"__builtins__": {}}) if table else None


def check_sizes(tree, allowed=None):
    allowed = ALLOWED_SIZES if allowed is None else allowed
    before = committed_sizes(tree)
    for name, limit in allowed.items():
        if name not in tree.files:
            yield f"ALLOWED_SIZES: {name} does not exist; remove it"
        elif before is not None and limit > before.get(name, 0):
            yield f"ALLOWED_SIZES: {name} is allowed {limit} lines and {before.get(name, 0)} before; the list only shrinks"
    for name in tree.files:
        limit = LIMITS.get(Path(name).suffix)
        if limit is None:
            continue
        lines = len(tree.text(name).splitlines())
        most = allowed.get(name, limit)
        if lines > most:
            yield f"{name}: {lines} lines, at most {most}; split it by meaning"
        elif name in allowed and lines < most:
            yield f"ALLOWED_SIZES: {name} has {lines} lines by now, not {most}; lower the number or remove it"


def check_folders(tree):
    counts = collections.Counter(str(Path(name).parent) for name in tree.files)
    for folder, count in sorted(counts.items()):
        if count > FOLDER_LIMIT:
            yield f"{folder}: {count} files, at most {FOLDER_LIMIT}; make rooms by meaning"


def layer_of(name):
    """The rule for a file and the machine that its `*` stands for."""
    folder = name.replace("include/moec/", "lib/", 1)
    for rule in sorted(LAYERS, key=len, reverse=True):
        if match := re.match(rule.replace("*", "([^/]+)") + "/", folder):
            return rule, match.group(1) if match.groups() else ""
    return None, ""


def check_layers(tree):
    include = re.compile(r'^#include ["<]([^">]+)[">]')
    ours = ("moec/", "plan_generated", "targets/", "emulator/", "runtime/")
    for name in tree.files:
        if not name.endswith((".cpp", ".h")):
            continue
        rule, machine = layer_of(name)
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if not (match := include.match(line)):
                continue
            header = match.group(1)
            allowed = tuple(prefix.replace("*", machine) for prefix in LAYERS.get(rule, ()))
            if rule and header.startswith(ours) and not header.startswith(allowed):
                yield f"{name}:{number}: {rule} may not include {header}"
            if header == LAYOUTS and not name.startswith(KNOW_LAYOUTS):
                yield f"{name}:{number}: {header} above the waist"
            if WITHOUT_LLVM.match(name) and header.startswith(("llvm/", "mlir/", "lld/", "clang/")):
                yield f"{name}:{number}: {header} where LLVM may not be needed"


def check_words(tree):
    for name in tree.files:
        if not name.endswith((".cpp", ".h", ".td", ".c", ".py", ".fbs", ".mlir", ".txt", ".sh")):
            continue
        about = ABOUT_MACHINE.match(name)
        shared = name.startswith(SHARED_BY_VENDORS)
        vendor_ok = not shared and (name.startswith(VENDOR_OK) or (about and about.group(3)))
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if not vendor_ok and (word := VENDOR.search(line)):
                yield f"{name}:{number}: vendor word '{word.group(0)}' above the waist"
            if shared and (word := VENDOR_PART.search(line)):
                yield f"{name}:{number}: a vendor's word, '{word.group(0)}', where vendors share"
            if not name.startswith("utils/check-structure") and (word := LEFT_FOR_LATER.search(line)):
                yield f"{name}:{number}: '{word.group(0)}': finish it or file an issue"


def check_mirror(tree):
    """lib/X/Y has test/X/Y; lib/X with sources of its own has test/X or a unittests folder of its name."""
    folders = {Path(name).parts[1:-1] for name in tree.having("lib/") if name.endswith(".cpp")}
    for parts in sorted({parts[:2] for parts in folders}):
        where = "/".join(parts)
        nested = parts[0] in ("Dialect", "Conversion")
        tests = [f"test/{where}/"] if nested else [f"test/{parts[0]}/", f"unittests/{parts[0]}/"]
        if not tree.having(*tests):
            yield f"lib/{where}: has no {' and no '.join(test.rstrip('/') for test in tests)}"


def op_texts(text):
    """(name, mnemonic, body, header of the base class) of every op of a .td; a body includes its base classes'."""
    start = re.compile(r"^(?:class|def) (\w+)(?:<[^>]*(?:<[^>]*>[^>]*)*>)?\s*:\s*(\w+)<?", re.M)
    blocks, order = {}, []
    starts = list(start.finditer(text))
    for match, following in zip(starts, starts[1:] + [None]):
        blocks[match.group(1)] = (match.group(2), text[match.start() : following.start() if following else len(text)])
        order.append(match.group(1))
    return blocks, order


def values_of(body, field, attributes):
    """How many operands (`ins`) or results (`outs`) a body declares; variadic ones count twice."""
    match = re.search(r"\(" + field + r"\b(.*?)\);", body, re.S)
    count = 0
    for kind in re.findall(r"([\w<>\[\], :\"]+?):\$\w+", match.group(1) if match else ""):
        kind = kind.strip(" ,\n")
        attribute = re.search(r"Attr\b|Attr<|Attr$|Attr(Of)?<|Property", kind.split("<")[0] + "<")
        count += 0 if attribute or kind in attributes else 2 if kind.startswith("Variadic") else 1
    return count


def refused_ops(tree):
    """Ops that a test expects an error for: sections of a test that name one and expect an error."""
    found = set()
    for name in tree.having("test/"):
        if name.endswith(".mlir") and ("expected-error" in (text := tree.text(name)) or "not moec" in text):
            for section in text.split("// -----"):
                if "expected-error" in section or "not moec" in text:
                    found |= set(re.findall(r"\b((?:moe|mx|tile|exec)\.\w+)", section))
    return found


def check_ops(tree):
    """Every op has a summary, a description with a fenced example, and what relates its values is tested."""
    for dialect in sorted({name.split("/")[3] for name in tree.having("include/moec/Dialect/") if name.endswith(".td")}):
        texts = {n: tree.text(n) for n in tree.having(f"include/moec/Dialect/{dialect}/") if n.endswith(".td")}
        blocks = {}
        for text in texts.values():
            blocks |= op_texts(text)[0]
        refused = refused_ops(tree)
        attributes = {name for name, (base, _) in blocks.items() if base.endswith("Attr")}
        for name, text in texts.items():
            for op in [op for op in op_texts(text)[1] if re.search(rf"^def {op}\b", text, re.M) and op.endswith("Op")]:
                base, body = blocks[op]
                if "Terminator" in body:
                    # Its operands are the parent's results, which the parent verifies.
                    continue
                for what, needle in (("summary", "let summary"), ("description", "let description"), ("example", "```mlir")):
                    if needle not in body:
                        yield f"{name}: {op} has no {what}"
                mnemonic = re.search(r'<\s*"(\w+)"', body).group(1)
                inherited = body
                while base in blocks:
                    base, more = blocks[base]
                    inherited += more
                relates = any(trait in inherited for trait in RELATING)
                if not relates and sum(values_of(body, field, attributes) for field in ("ins", "outs")) > 1:
                    yield f"{name}: {op} relates values without a verifier"
                if relates and f"{dialect.lower()}.{mnemonic}" not in refused:
                    yield f"{name}: {op} has a verifier and no test that it refuses"


def check_passes(tree):
    """Every pass is named by a test, and every pipeline and compiling stage has a golden dump."""
    tests = "\n".join(tree.text(n) for n in tree.having("test/") if n.endswith((".mlir", ".test")))
    for name in tree.files:
        if name.endswith("Passes.td"):
            for argument in re.findall(r'^def \w+\s*:\s*Pass<"([\w-]+)"', tree.text(name), re.M):
                if not re.search(rf"\b{argument}\b", tests):
                    yield f"{name}: no test names pass {argument}"
        elif name.startswith(("lib/", "tools/", "targets/")) and name.endswith(".cpp"):
            text = tree.text(name)
            pipelines = re.findall(r'PassPipelineRegistration<[^>]*>\s*\w*\(\s*"([\w-]+)"', text)
            pipelines += re.findall(r'registerPassPipeline\(\s*"([\w-]+)"', text)
            for pipeline in pipelines:
                dumps = [t for t in tests.split("RUN:") if f"--{pipeline}" in t and "--dump-pass-pipeline" in t]
                if not dumps:
                    yield f"{name}: no test dumps pipeline {pipeline} with --dump-pass-pipeline"
    for name in tree.having("lib/Compiler/Stages.cpp"):
        table = re.search(r"stages\[\] = \{(.*?)\};", tree.text(name), re.S)
        golden = "\n".join(tree.text(n) for n in tree.having("test/Compiler/") if "--dump-pass-pipeline" in tree.text(n))
        for stage in re.findall(r'"(\w+)"', table.group(1) if table else ""):
            if not re.search(rf"CHECK[\w-]*:\s*{stage}\b", golden):
                yield f"{name}: no test in test/Compiler has the passes of stage {stage}"


def check_tests(tree):
    """A lit test says first what it is for, and spells the options of our programs with two dashes."""
    for name in tree.having("test/"):
        if not name.endswith((".mlir", ".test")) or "/Inputs/" in name:
            continue
        lines = tree.text(name).splitlines()
        if not lines or not INTENT.match(lines[0]):
            yield f"{name}:1: is no comment that says what the test is for"
        for number, line in enumerate(lines, 1):
            for command in OUR_COMMAND.findall(line) if "RUN:" in line else ():
                for option in re.findall(r"(?<= )-[a-zA-Z][\w-]+", command):
                    yield f"{name}:{number}: {option} has one dash, not two"


def check_machines(tree):
    """Deleting targets/<x> leaves a green tree: what depends on it says so, and nothing else names it."""
    for name in tree.having("test/"):
        if name.endswith((".mlir", ".test")) and re.search(r"RUN:.*\bmoec compile (?!--help)", text := tree.text(name)):
            if "REQUIRES: target-" not in text:
                yield f"{name}: compiles for a machine without 'REQUIRES: target-<x>'"
    for machine in tree.machines():
        own = (f"targets/{machine}/", f"test/targets/{machine}/", "docs/", "utils/check-structure", "README", ".ci/")
        library = re.compile(rf"\bMoec{machine}\w*", re.I)
        registered = re.compile(rf"\btargets/{machine}\b|\bcodegen/{machine}\b")
        for name in tree.files:
            if name.startswith(own) or not name.endswith((".cpp", ".h", ".txt", ".cmake", ".py", ".mlir", ".test")):
                continue
            text = tree.text(name)
            if name.endswith("CMakeLists.txt") or name.endswith(".cmake"):
                for used in sorted(set(library.findall(text))):
                    if not re.search(rf"if\((NOT )?TARGET Moec{machine}\w*", text, re.I) and f"add_library({used}" not in text:
                        yield f"{name}: names {used} without if(TARGET …)"
            elif registered.search(text) and not guarded(tree, name, library):
                yield f"{name}: names targets/{machine} and is built without it too"
            elif name.startswith("test/") and re.search(rf"--target[= ]{machine}\b", text):
                if f"REQUIRES: target-{machine}" not in text:
                    yield f"{name}: needs 'REQUIRES: target-{machine}'"


def guarded(tree, name, library):
    """Whether the CMakeLists.txt nearest to a file builds its folder only with a machine's library."""
    for folder in Path(name).parents:
        if (lists := str(folder / "CMakeLists.txt")) in tree.files:
            return bool(re.search(rf"if\((NOT )?TARGET {library.pattern}", tree.text(lists), re.I))
    return False


CHECKS = (check_sizes, check_folders, check_layers, check_words, check_mirror, check_ops, check_passes, check_tests,
          check_machines)


def main():
    tree = Tree(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    findings = [finding for check in CHECKS for finding in check(tree)]
    for finding in findings:
        print(finding)
    if findings:
        print(f"error: {len(findings)} finding(s) in the structure", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
