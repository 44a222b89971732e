#!/usr/bin/env python3
"""Runs a command that has to fail as every command fails, and prints its sentence.

    fails.py [--file-limit BYTES] [--stdout FILE] [--clean FOLDER] [--absent PATH] -- COMMAND...

It must exit with 1 and say one line, `PROGRAM: error: …`, on standard error, behind notes and progress. --file-limit
is the size above which writing fails, as on a full disk; FOLDER may not have temporary files afterwards, and PATH may
not exist.
"""
import argparse
import os
import resource
import signal
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file-limit", type=int)
    parser.add_argument("--stdout", default=os.devnull)
    parser.add_argument("--clean")
    parser.add_argument("--absent")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    command = arguments.command[1:]

    def limit():
        if arguments.file_limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (arguments.file_limit, arguments.file_limit))

    with open(arguments.stdout, "w") as out:
        run = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, preexec_fn=limit, restore_signals=False)
    sys.stdout.write(run.stderr)
    lines = run.stderr.splitlines()
    errors = [line for line in lines if ": error: " in line]
    if run.returncode != 1:
        print(f"exit status {run.returncode}, expected 1")
        return 1
    if len(errors) != 1 or lines[-1] != errors[0] or not errors[0].startswith(f"{os.path.basename(command[0])}: error: "):
        print(f"{len(errors)} error lines, expected one at the end")
        return 1
    if arguments.absent and os.path.lexists(arguments.absent):
        print(f"{arguments.absent} was left behind")
        return 1
    left = [name for name in os.listdir(arguments.clean) if ".tmp-" in name] if arguments.clean else []
    if left:
        print(f"left behind: {left}")
        return 1
    return 0


sys.exit(main())
