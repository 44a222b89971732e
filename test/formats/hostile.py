#!/usr/bin/env python3
"""Writes a quantised checkpoint that contradicts itself, or that nobody supports.

    hostile.py CASE FOLDER
    hostile.py --list

Each case is a form of forms.py with one thing wrong, and the words that the one sentence about it must have: names, the
words of quantization_config, both numbers. Where it is a tuple, one of its words is enough.
"""
import argparse
from pathlib import Path

from cases import configurations, contents, linears  # each registers its cases
from cases.case import CASES, Checkpoint


def make_case(name, folder):
    form, change, _ = CASES[name]
    checkpoint = Checkpoint(form)
    change(checkpoint)
    checkpoint.write(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", choices=CASES, metavar="CASE")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--list", action="store_true", help="the cases, each with its form and the words of its sentence")
    arguments = parser.parse_args()
    if arguments.list:
        for name, (form, _, words) in CASES.items():
            print(name, form, *(word if isinstance(word, str) else "|".join(word) for word in words), sep="\t")
    elif arguments.folder:
        make_case(arguments.case, arguments.folder)
    else:
        parser.error("a case and a folder, or --list")


if __name__ == "__main__":
    main()
