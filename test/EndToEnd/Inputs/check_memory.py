"""Runs a command and holds its peak of resident memory to a bar.

Usage: check_memory.py GIGABYTES COMMAND …
"""
import resource
import subprocess
import sys

done = subprocess.run(sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
if done.returncode or peak > float(sys.argv[1]) * 1e9:
    sys.exit(f"exit status {done.returncode} with at most {peak / 1e9:.2f} GB")
print(f"{peak / 1e9:.2f} GB")
