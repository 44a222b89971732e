"""Runs a command and holds it to the bars on compiling the largest model: 150 seconds and 6 GB.

Usage: check_compile.py COMMAND …
"""
import resource
import subprocess
import sys
import time

MAX_SECONDS, MAX_BYTES = 150, 6e9
start = time.monotonic()
done = subprocess.run(sys.argv[1:])
seconds, peak = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
if done.returncode or seconds > MAX_SECONDS or peak > MAX_BYTES:
    sys.exit(f"exit status {done.returncode} after {seconds:.0f} s with at most {peak / 1e9:.1f} GB")
print(f"{seconds:.0f} s, {peak / 1e9:.2f} GB")
