#!/usr/bin/env python3
"""Checks that what the documents name exists: paths, symbols, options of our programs, ops and attributes.

    check-docs.py [ROOT]

Looks at code in README.md, CONTRIBUTING.md and docs: spans in backticks, indented and fenced blocks, and at links.
Prints one line for each finding and exits 1 if there is any. test/utils/check-docs.test plants one of each kind.
"""
import importlib.util
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("check_structure", Path(__file__).parent / "check-structure.py")
structure = importlib.util.module_from_spec(spec)
spec.loader.exec_module(structure)

# Where a path of an #include begins, as regular expressions; the empty one is the root.
ROOTS = ("", "include/", "abi/", "runtime/include/", "emulator/[^/]+/include/")
# What a build makes.
GENERATED = ("build/", "build-asan/", "build-fuzz/", "build-release/", "build-tsan/")
# Files that are named without their folder, if they are sources.
SOURCES = (".cpp", ".h", ".td", ".fbs", ".py", ".sh", ".test")

# Options that MLIR gives to moec-opt and moec-translate, and CLI11 to every program.
FOREIGN_OPTIONS = re.compile(r"--(mlir-[\w-]+|pass-pipeline|split-input-file|verify-diagnostics|help)$")
# How a command of ours begins: with a program, or in a span with a subcommand of moec.
OURS = re.compile(r"(.*/)?moec(-[\w-]+)?$|(import|compile|tune|run|serve|eval|bench|inspect|launch|tokenize)$")

DIALECTS = ("exec", "moe", "moec", "mx", "tile")


class Code:
    """A piece of code in a document."""

    def __init__(self, name, number, text, is_block):
        self.name, self.number, self.text, self.is_block = name, number, text, is_block

    def finding(self, text):
        return f"{self.name}:{self.number}: {text}"


def code_of(tree, name):
    """The pieces of code of a document: lines of blocks, and spans, which may go over a line's end."""
    text, fenced, after_blank, prose = tree.text(name), False, True, []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            prose.append("")
        elif fenced or (line.startswith("    ") and after_blank):
            yield Code(name, number, line.strip(), True)
            prose.append("")
            continue
        else:
            prose.append(line)
        after_blank = not line.strip()
    rest = "\n".join(prose)
    for match in re.finditer(r"`([^`]+)`", rest):
        yield Code(name, rest.count("\n", 0, match.start()) + 1, " ".join(match.group(1).split()), False)


def documents(tree):
    return [name for name in tree.files if name.endswith(".md") and name.startswith(("README", "CONTRIBUTING", "docs/"))]


class Paths:
    """What may be named as a path: files and folders of the tree."""

    def __init__(self, tree):
        self.files = set(tree.files)
        self.folders = {str(parent) for name in tree.files for parent in Path(name).parents}
        self.all = "\n".join(sorted(self.files | self.folders))
        self.tops = {name.split("/")[0] for name in tree.files if "/" in name} | {"moec"}

    def exist(self, pattern):
        """Whether any file or folder has that path, in which `*` and <placeholders> stand for a part of a name."""
        parts = re.split(r"(<\w+>|\*)", pattern.rstrip("/"))
        glob = "".join("[^/\n]*" if part == "*" or part.startswith("<") else re.escape(part) for part in parts)
        roots = "|".join(ROOTS)
        folders = "" if "/" in pattern else "(.*/)?"
        return re.search(rf"^({roots}){folders}{glob}$", self.all, re.M) is not None

    def is_path(self, word):
        if not re.fullmatch(r"[\w.<>*+-]+(/[\w.<>*+-]*)*", word) or word.startswith(GENERATED + ("-",)):
            return False
        return word.split("/")[0] in self.tops if "/" in word else word.endswith(SOURCES) and not word.startswith(".")


def check_paths(tree):
    paths = Paths(tree)
    for name in documents(tree):
        for code in code_of(tree, name):
            # Commands name files that they make.
            for word in [] if code.is_block else code.text.split():
                word = re.sub(r":[\w:~]+$", "", word.strip(",;()"))
                if paths.is_path(word) and not paths.exist(word):
                    yield code.finding(f"'{word}' does not exist")
        for match in re.finditer(r"\]\(([^)#:]+)(#[^)]*)?\)", text := tree.text(name)):
            target = (tree.root / name).parent / match.group(1)
            if not target.exists():
                yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: the link to '{match.group(1)}' leads nowhere"


def check_symbols(tree):
    """`file:Class::member` is in the file as it is; in a header, which defines members in their class, part by part."""
    for name in documents(tree):
        for code in code_of(tree, name):
            match = re.fullmatch(r"([\w./+-]+\.\w+):([A-Za-z_~][\w~]*(?:::[\w~]+)*)", code.text)
            if not match or match.group(1) not in tree.files:
                continue
            file, symbol = match.groups()
            text = tree.text(file)
            for part in symbol.split("::") if file.endswith(".h") else [symbol]:
                if not re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text):
                    yield code.finding(f"'{file}' has no '{part}'")


def known_options(tree):
    """Options in the command lines of our programs, passes, and translations."""
    known = set()
    for name in tree.having("tools/", "runtime/", "lib/Translation/"):
        if name.endswith(".cpp"):
            text = tree.text(name)
            for literal in re.findall(r'"(-[^"\s]+)"', text):
                known |= set(re.findall(r"--[\w-]+", literal))
            known |= {"--" + it for it in re.findall(r'TranslateFromMLIRRegistration \w+\(\s*"([\w-]+)"', text)}
    for name in tree.files:
        if name.endswith("Passes.td"):
            known |= {"--" + it for it in re.findall(r'^def \w+\s*:\s*Pass<"([\w-]+)"', tree.text(name), re.M)}
    return known


def options_of(code):
    """The options of a piece of code that begins with one, or with one of our programs."""
    for command in re.split(r"&&|[|;]|\s#\s", code.text):
        words = command.strip().removeprefix("$ ").split() or [""]
        if words[0].startswith("-") or OURS.match(words[0]):
            yield from (match.group() for word in words if (match := re.match(r"--[a-z][\w-]*", word)))


def check_options(tree):
    known = known_options(tree)
    for name in documents(tree):
        for code in code_of(tree, name):
            for option in options_of(code):
                if option not in known and not FOREIGN_OPTIONS.match(option):
                    yield code.finding(f"no program has the option '{option}'")


def known_names(tree):
    """Ops, attributes and types by dialect: what definitions call them, and dotted names of attributes."""
    known = {dialect: set() for dialect in DIALECTS}
    for name in tree.having("include/moec/Dialect/"):
        if name.endswith(".td") and (dialect := name.split("/")[3].lower()) in known:
            text = tree.text(name)
            for head in re.findall(r"^def \w+\s*:\s*\w+<([^\[{;]*)", text, re.M):
                known[dialect] |= set(re.findall(r'"([a-z]\w*)"', head))
            known[dialect] |= set(re.findall(r'let mnemonic = "(\w+)"', text))
            for owner, attribute in re.findall(r'"(\w+)\.(\w+)"', text):
                known.get(owner, set()).add(attribute)
    return known


def check_names(tree):
    known = known_names(tree)
    pattern = re.compile(rf"(?<![\w./-])[!#%]?({'|'.join(DIALECTS)})\.([a-z]\w*)(?![\w/.])")
    for name in documents(tree):
        for code in code_of(tree, name):
            for dialect, word in pattern.findall(code.text):
                if word not in known[dialect]:
                    yield code.finding(f"'{dialect}.{word}' is no op, type or attribute")


CHECKS = (check_paths, check_symbols, check_options, check_names)


def main():
    tree = structure.Tree(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    findings = [finding for check in CHECKS for finding in check(tree)]
    for finding in findings:
        print(finding)
    if findings:
        print(f"error: {len(findings)} finding(s) in the documents", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
