#!/usr/bin/env python3
"""Splits lit tests at `// -----` into one file a section: the inputs that the IR fuzzer starts from.

    split-tests.py OUTPUT TESTS...

Sections above a few kilobytes are left out: a fuzzer that changes a byte of them learns little.
"""
import sys
from pathlib import Path

MOST = 3000


def main():
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    for old in output.iterdir():
        old.unlink()
    for folder in sys.argv[2:]:
        for test in sorted(Path(folder).rglob("*.mlir")):
            sections = test.read_text().split("// -----")
            for number, section in enumerate(sections):
                lines = [line for line in section.splitlines() if line.strip() and not line.lstrip().startswith("//")]
                text = "\n".join(lines) + "\n"
                if lines and len(text) <= MOST:
                    (output / f"{test.parent.name}-{test.stem}-{number}").write_text(text)


main()
