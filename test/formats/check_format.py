#!/usr/bin/env python3
"""Compares a published form with the weights that it stands for: logits of both, by compiled code.

    check_format.py MOEC WORK FORM...            both forms compiled, f32 caches: max |Δ| of the logits is at most 2e-3
    check_format.py MOEC WORK --target T --device D FORM...   the published one for that target and device, the other for the CPU
    check_format.py MOEC WORK --damages FORM...  each damage of a form moves logits by more than 0.1, in the reference

FORM may be `all`. --damages needs no reader of the form: it compares `plain` with `plain` as a careless reader has it, and
so shows that the first check would fail for such a reader. Logits that are not numbers have moved, too.
"""
import argparse
import math
import subprocess
import sys
from array import array
from pathlib import Path

from checkpoint import read_safetensors
from forms import FORMS
from make import make

EQUAL, MOVED = 2e-3, 0.1


def run(*command):
    result = subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return result.returncode, result.stderr.strip().rpartition("\n")[2]


def evaluate(moec, model, tokens, logits, *options):
    """The logits of a model, or the sentence that says why there are none."""
    status, sentence = run(moec, "eval", model, "--tokens", tokens, "--logits", logits, *options)
    if status:
        return sentence
    _, _, data = read_safetensors(logits)["logits"]
    return array("f", data)


def interpret(moec, folder):
    return evaluate(moec, folder / "plain", folder / "tokens.safetensors", folder / "logits.safetensors",
                    "--target", "reference", "--kv-cache", "f32")


def compile_and_evaluate(moec, folder, kind, target="cpu", device="cpu"):
    artifact = folder / f"{kind}.moec"
    status, sentence = run(moec, "compile", folder / kind, "--kv-cache", "f32", "--target", target, "-o", artifact)
    if status:
        return sentence
    return evaluate(moec, artifact, folder / "tokens.safetensors", folder / "logits.safetensors", "--device", device, "--kv-memory", "16M")


def distance(one, other):
    """max |Δ|; infinite where either has no numbers."""
    if isinstance(one, str) or isinstance(other, str):
        return math.inf
    differences = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return math.inf if any(map(math.isnan, differences)) else max(differences)


def check_form(moec, name, folder, target, device):
    """Prints a line, and says whether the form has the logits of its plain weights."""
    make(name, folder)
    plain = compile_and_evaluate(moec, folder, "plain")
    packed = compile_and_evaluate(moec, folder, "packed", target, device)
    far = distance(plain, packed)
    said = next((logits for logits in (plain, packed) if isinstance(logits, str)), f"max |Δ| {far:.3g}, at most {EQUAL}")
    print(f"{name}: {said}", flush=True)
    return far <= EQUAL


def check_damages(moec, name, folder):
    """Prints a line a damage, and says whether each moves the logits."""
    make(name, folder)
    right = interpret(moec, folder)
    if isinstance(right, str):
        print(f"{name}: {right}")
        return False
    passed = True
    for damage in FORMS[name].damages:
        make(name, folder, damage)
        wrong = interpret(moec, folder)
        far = distance(right, wrong)
        print(f"{name} {damage}: " + ("no numbers" if far == math.inf else f"max |Δ| {far:.3g}, more than {MOVED}"), flush=True)
        passed &= far > MOVED and (far < math.inf or "not numbers" in wrong)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moec")
    parser.add_argument("work", type=Path)
    parser.add_argument("--damages", action="store_true")
    parser.add_argument("--target", default="cpu")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("forms", nargs="+", choices=["all", *FORMS], metavar="FORM")
    arguments = parser.parse_args()
    names = list(FORMS) if "all" in arguments.forms else arguments.forms
    options = () if arguments.damages else (arguments.target, arguments.device)
    check = check_damages if arguments.damages else check_form
    failed = [name for name in names if not check(arguments.moec, name, arguments.work / name, *options)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
