"""What the scripts about AMD's kernels have in common: files of a checkout of aiter, and programs that must succeed."""
import subprocess
import sys


def from_git(aiter, path):
    return subprocess.run(["git", "-C", aiter, "show", f"HEAD:{path}"], capture_output=True, check=True).stdout


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
