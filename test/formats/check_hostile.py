#!/usr/bin/env python3
"""Compiles hostile checkpoints: each must be refused with one sentence that has the words of its case, and leave nothing.

    check_hostile.py MOEC WORK CASE...      CASE may be `all`
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

from hostile import CASES, make_case

FAILS = Path(__file__).parent.parent / "BadInput" / "Inputs" / "fails.py"


def has(sentence, word):
    """A number counts where it stands by itself."""
    return re.search(rf"(?<![\w.]){word}(?!\w)" if word.isdigit() else re.escape(word), sentence)


def check(moec, name, folder):
    """Prints what is wrong, and says whether nothing is."""
    make_case(name, folder / "packed")
    artifact = folder / "packed.moec"
    command = [moec, "compile", folder / "packed", "--kv-cache", "f32", "-o", artifact]
    result = subprocess.run([sys.executable, FAILS, "--absent", artifact, "--", *command], stdout=subprocess.PIPE, text=True)
    # Without the folder, whose name may have the words.
    sentence = next((line for line in result.stdout.splitlines() if ": error: " in line), "").replace(str(folder), "")
    _, _, words = CASES[name]
    missing = [word for word in words if not any(has(sentence, one) for one in ([word] if isinstance(word, str) else word))]
    if result.returncode:
        print(f"{name}: {result.stdout.strip()}", flush=True)
    elif missing:
        print(f"{name}: without {missing}: {sentence}", flush=True)
    return not result.returncode and not missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moec")
    parser.add_argument("work", type=Path)
    parser.add_argument("cases", nargs="+", choices=["all", *CASES], metavar="CASE")
    arguments = parser.parse_args()
    names = list(CASES) if "all" in arguments.cases else arguments.cases
    failed = [name for name in names if not check(arguments.moec, name, arguments.work / name)]
    if failed:
        sys.exit(f"{len(failed)} of {len(names)} failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
