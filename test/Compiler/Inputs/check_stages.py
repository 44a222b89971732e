"""Compiles a model, then goes on from each dumped stage, and runs each printed pipeline by hand.

Usage: check_stages.py FOLDER --target TARGET MODEL [OPTION…]

The artifacts have to be equal file by file, moec-opt has to make of each dump the next one, and moec-translate alone
of the last one the artifact's plan.
"""
import filecmp
import os
import shutil
import subprocess
import sys

# The stages that are passes, and the last one, which is dumped with what is known of the code.
STAGES = ["import", "fuse", "quantize", "specialise", "pack", "plan", "tile"]
DUMPS = [f"{number}-{stage}.mlir" for number, stage in enumerate(STAGES)] + ["8-object.mlir"]
# The first stage behind which an option is not given again.
UNTIL = {"--target": 1, "--activations": 1, "--quantize": 2, "--max-tokens": 3}


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def files(folder):
    return sorted(os.path.relpath(os.path.join(place, name), folder) for place, _, names in os.walk(folder) for name in names)


def compare(one, other, what):
    if files(one) != files(other):
        sys.exit(f"{what}: the artifact has files {files(other)}, not {files(one)}")
    for name in files(one):
        if not filecmp.cmp(os.path.join(one, name), os.path.join(other, name), shallow=False):
            sys.exit(f"{what}: {name} differs")


def check_resuming(dumps, artifact, options):
    if sorted(os.listdir(dumps)) != DUMPS:
        sys.exit(f"the dumps are {sorted(os.listdir(dumps))}")
    for dump in DUMPS:
        number, stage = dump.removesuffix(".mlir").split("-")
        rest = [part for name, value in options if int(number) < UNTIL[name] for part in (name, value)]
        again = artifact.replace("whole", "resumed")
        shutil.rmtree(again, ignore_errors=True)
        run("moec", "compile", "--start-from", stage, f"{dumps}/{dump}", *rest, "-o", again)
        compare(artifact, again, f"from {stage}")


def check_pipelines(dumps, printed):
    pipelines = dict(line.split(":", 1) for line in printed.splitlines())
    for number, stage in enumerate(STAGES[1:], 1):
        before, after = f"{dumps}/{DUMPS[number - 1]}", f"{dumps}/{DUMPS[number]}"
        pipeline = pipelines[stage].strip() or "builtin.module()"
        made = run("moec-opt", before, f"--pass-pipeline={pipeline}", "--mlir-print-debuginfo")
        if made.strip() != open(after).read().strip():
            open(f"{dumps}/{number}-by-hand.mlir", "w").write(made)
            sys.exit(f"{after}: moec-opt makes another one, {number}-by-hand.mlir")


folder, model, rest = sys.argv[1], sys.argv[4], sys.argv[5:]
options = list(zip(["--target"] + rest[::2], [sys.argv[3]] + rest[1::2]))
flat = [part for pair in options for part in pair]
dumps, artifact = f"{folder}/dumps", f"{folder}/whole.moec"
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
run("moec", "compile", model, *flat, "--dump-stages", dumps, "-o", artifact)
check_resuming(dumps, artifact, options)
check_pipelines(dumps, run("moec", "compile", model, *flat, "--dump-pass-pipeline"))
run("moec-translate", "--exec-to-plan", f"{dumps}/{DUMPS[-1]}", "-o", f"{folder}/plan.fb")
if not filecmp.cmp(f"{folder}/plan.fb", f"{artifact}/plan.fb", shallow=False):
    sys.exit("moec-translate makes another plan of 8-object.mlir than the artifact has")
