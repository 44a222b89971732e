#!/usr/bin/env python3
"""Compares what the readers make of published forms with what test/formats says that they are worth; nothing is compiled.

    check_read.py MOEC WORK forms FORM...      `inspect --dequantize` of `packed` has the weights of `plain`
    check_read.py MOEC WORK hostile CASE...    it fails with one sentence that has the case's words

FORM and CASE may be `all`.
"""
import argparse
import subprocess
import sys
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "formats"))
from check_hostile import has
from checkpoint import read_safetensors
from codes import transposed
from forms import FORMS
from hostile import CASES, make_case
from make import make

# A product of code and scales is rounded to F32 at each of its two multiplications here, once there.
RELATIVE = 2.0 ** -23

# Cases that only a model's configuration contradicts, which reading does not look at.
OF_THE_MODEL = ("weight-shape-of-fewer-columns", "bias-that-the-model-does-not-have")


def dequantize(moec, folder):
    """Runs inspect on FOLDER/packed; the sentence of its failure, or nothing."""
    command = [moec, "inspect", folder / "packed", "--dequantize", folder / "read.safetensors"]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if result.returncode not in (0, 1):
        return f"exit status {result.returncode}: {result.stderr}"
    return result.stderr.strip() if result.returncode else ""


def is_far(one, other):
    return abs(one - other) > RELATIVE * abs(one)


def compare(name, plain, read):
    """What is wrong with one tensor, or nothing. Experts in one tensor lie the other way round in `plain`."""
    dtype, shape, data = plain
    if dtype != "F32":
        return f"{name} was not quantised"
    expected, values = array("f", data), array("f", read[2])
    if len(shape) == 3:
        size, turned = shape[1] * shape[2], array("f")
        for begin in range(0, len(expected), size):
            turned += transposed(expected[begin:begin + size], shape[1], shape[2])
        expected, shape = turned, [shape[0], shape[2], shape[1]]
    if read[1] != shape:
        return f"{name} has shape {read[1]}, not {shape}"
    if values == expected:
        return None
    wrong = next((place for place, pair in enumerate(zip(expected, values)) if is_far(*pair)), None)
    return None if wrong is None else f"{name}[{wrong}] is {values[wrong]}, not {expected[wrong]}"


def check_form(moec, name, folder):
    make(name, folder)
    if said := dequantize(moec, folder):
        return said
    plain = read_safetensors(folder / "plain" / "model.safetensors")
    read = read_safetensors(folder / "read.safetensors")
    quantised = {tensor for tensor, (dtype, _, _) in plain.items() if dtype == "F32"}
    if missing := quantised - read.keys():
        return f"without {sorted(missing)[0]}"
    # What the model does not need has no plain form.
    found = (compare(tensor, plain[tensor], read[tensor]) for tensor in sorted(read) if tensor in plain)
    return next((wrong for wrong in found if wrong), None)


def check_case(moec, name, folder):
    make_case(name, folder / "packed")
    said = dequantize(moec, folder)
    if not said:
        return "was read"
    sentence = said.replace(str(folder), "")
    if sentence.count("\n") or ": error: " not in sentence:
        return f"is no sentence: {sentence}"
    _, _, words = CASES[name]
    missing = [word for word in words if not any(has(sentence, one) for one in ([word] if isinstance(word, str) else word))]
    if missing:
        return f"without {missing}: {sentence}"
    return "leaves a file" if (folder / "read.safetensors").exists() else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moec")
    parser.add_argument("work", type=Path)
    parser.add_argument("kind", choices=["forms", "hostile"])
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    known, check = (FORMS, check_form) if arguments.kind == "forms" else (CASES, check_case)
    names = [name for name in known if name not in OF_THE_MODEL] if "all" in arguments.names else arguments.names
    wrong = {name: said for name in names if (said := check(arguments.moec, name, arguments.work / name))}
    for name, said in wrong.items():
        print(f"{name}: {said}")
    if wrong:
        sys.exit(f"{len(wrong)} of {len(names)} failed")


if __name__ == "__main__":
    main()
