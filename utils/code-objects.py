#!/usr/bin/env python3
"""Writes the code objects of every checkpoint of the tests in every format in which one of them is checked.

    code-objects.py MOEC FOLDER --target T --emit FORM [CHECKPOINT …]

The bundled model and GLM-5.2 are among them, and so are the CHECKPOINTs, in a few formats. A change that must not change
code is one after which `diff -r` finds nothing between the folders of the builds before it and after it.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test/EndToEnd/Inputs"))
from variants import VARIANTS  # noqa: E402

# What a checkpoint that no test names is compiled in: rows and caches of each kind.
FEW = ("f32", "kv8", "a4w4")
GLM = ["--activations", "bf16", "--quantize", "experts=mxfp4", "--quantize-activations", "experts=mxfp4", "--max-tokens", "32768"]


def list_checks():
    """(checkpoint, name, options) of every line and column of checks.txt."""
    golden = ROOT / "test/golden"
    for line in (golden / "checks.txt").read_text().splitlines():
        name, *columns = (part.strip() for part in line.split("|"))
        if line.startswith("#") or name == "checkpoint":
            continue
        variants = re.findall(r"[\w:]+", " ".join(columns))
        # A variant is FORMAT[:PAGE_SIZE[:CHUNK]]; chunks are none of the compiler's.
        for form, page in sorted({tuple((variant + ":16").split(":")[:2]) for variant in variants}):
            yield golden / name, f"{name}-{form}-{page}", [*VARIANTS[form][0], "--page-size", page]


def list_jobs(checkpoints):
    yield ROOT / "examples/model", "bundled", []
    yield from list_checks()
    for checkpoint in checkpoints:
        for form in FEW:
            yield checkpoint, f"{checkpoint.name}-{form}", VARIANTS[form][0]


def compile_one(arguments, job):
    model, name, options = job
    file = arguments.folder / f"{name}.{arguments.emit}"
    command = [arguments.moec, "compile", model, "--weights", "none", "--target", arguments.target, "--emit", arguments.emit]
    done = subprocess.run([*command, *options, "-o", file], capture_output=True, text=True)
    # A refusal is an answer, too: the same sentence is expected of both builds.
    if done.returncode:
        file.with_suffix(".txt").write_text(done.stderr)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("moec")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--emit", required=True)
    parser.add_argument("checkpoints", type=Path, nargs="*")
    arguments = parser.parse_intermixed_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        glm = Path(work) / "glm-5.2.mlir"
        config = ROOT / "test/Import/Inputs/glm-5.2.json"
        subprocess.run([arguments.moec, "import", config, "--weights", "none", "-o", glm], check=True)
        jobs = [(glm, "glm-5.2", GLM), *list_jobs(arguments.checkpoints)]
        made = list(pool.map(lambda job: compile_one(arguments, job), jobs))
    print(f"{sum(made)} code objects, {len(made) - sum(made)} refusals")


if __name__ == "__main__":
    main()
