#!/usr/bin/env python3
"""Plants bugs in the sources, one at a time, and expects a test to fail for each.

    utils/plant-bugs.py [--build build] [NAME...]   plants, builds, runs the bug's tests, takes it out again
    utils/plant-bugs.py --check                     only: each bug's place is still there, once

A bug is a replacement of one piece of text, and the commands (in the build folder) of which each must fail with
it and pass without; "lit FILTER" runs the tests under test/ whose names have FILTER. The tree must be built, its
tests too. The sources are put back whatever happens.
"""
import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUGS = SOURCE / "utils" / "planted-bugs.json"


def find_stale(bugs):
    """Sentences on the bugs whose text is not in their file exactly once."""
    for bug in bugs:
        for edit in bug["edits"]:
            count = (SOURCE / edit["file"]).read_text().count(edit["from"])
            if count != 1:
                yield f"{BUGS.name}: '{bug['name']}' replaces a text that {edit['file']} has {count} times, not once"


def run(command, build):
    return subprocess.run(command, shell=True, cwd=build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_test(test, build):
    """Runs a test of a bug in the build folder."""
    if test.startswith("lit "):
        program = re.search("^MOEC_LIT:.*=(.*)$", (build / "CMakeCache.txt").read_text(), re.MULTILINE).group(1)
        test = f"{program} -q test --filter {test.removeprefix('lit ')}"
    return run(test, build)


def build_targets(targets, build, what):
    result = run("cmake --build . --target " + " ".join(targets), build)
    if result.returncode != 0:
        sys.exit(f"plant-bugs: the tree does not build {what}:\n{result.stdout[-4000:]}")


class Planted:
    """The bug is in the sources within the `with`."""

    def __init__(self, bug):
        self.texts = {SOURCE / edit["file"]: (SOURCE / edit["file"]).read_text() for edit in bug["edits"]}
        self.edits = bug["edits"]

    def __enter__(self):
        for edit in self.edits:
            path = SOURCE / edit["file"]
            path.write_text(path.read_text().replace(edit["from"], edit["to"]))

    def __exit__(self, *_):
        for path, text in self.texts.items():
            path.write_text(text)


def find_escapes(bug, build):
    """The commands that pass in spite of the bug."""
    with Planted(bug):
        build_targets(bug["targets"], build, f"with '{bug['name']}'")
        return [command for command in bug["tests"] if run_test(command, build).returncode == 0]


def find_failing(bugs, build):
    """The commands that fail without any bug."""
    build_targets(sorted({target for bug in bugs for target in bug["targets"]}), build, "without a bug")
    return [command for command in sorted({test for bug in bugs for test in bug["tests"]})
            if run_test(command, build).returncode != 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="the build folder (%(default)s)")
    parser.add_argument("--check", action="store_true", help="only look whether the places are there")
    parser.add_argument("names", nargs="*", metavar="NAME", help="bugs to plant; all if none is named")
    options = parser.parse_args()
    # So that the sources are put back then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    bugs = json.loads(BUGS.read_text())
    stale = list(find_stale(bugs))
    if stale:
        sys.exit("\n".join(stale))
    if options.check:
        return
    unknown = set(options.names) - {bug["name"] for bug in bugs}
    if unknown:
        sys.exit(f"plant-bugs: no bug is called {', '.join(sorted(unknown))}")
    chosen = [bug for bug in bugs if not options.names or bug["name"] in options.names]
    failed = False
    try:
        for bug in chosen:
            escapes = find_escapes(bug, SOURCE / options.build)
            failed |= bool(escapes)
            print(f"{'ESCAPED' if escapes else 'caught':8} {bug['name']}", *escapes, sep="\n         ", flush=True)
    finally:
        failing = find_failing(chosen, SOURCE / options.build)
    if failing:
        sys.exit("\n         ".join(["plant-bugs: these fail without a bug, too:", *failing]))
    if failed:
        sys.exit("plant-bugs: not every bug is caught")


main()
