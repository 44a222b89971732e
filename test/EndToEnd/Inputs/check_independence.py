"""Logits are the same bytes whatever the chunks, the batch, the variant and the number of threads, on the CPU.

Usage: check_independence.py [--self-test] [--compile OPTIONS] [--eval OPTIONS] MOEC GOLDENS WORK [CHECKPOINT …]

Each checkpoint of the folder GOLDENS, or only those named, is compiled with the defaults, for steps of up to 2048 tokens
in variants of 8, 64, 512 and 2048; and with integer products, for steps of up to 64, so that a row of 520 tokens is
cut and ends in the smaller variant. Last comes a model whose K is beyond 1024, where schedules of few rows and of many
differ in BK too; its artifacts for steps of up to 2048 and up to 20 tokens must agree.

--compile has all of it compiled once, with these options in place of those of integer products; --eval is how it then runs.
--self-test shows instead that a difference would be found.
"""
import argparse
import array
import itertools
import json
import math
import pathlib
import resource
import shlex
import struct
import subprocess
import sys

QUANTIZED = ["--quantize", "experts=mxfp4,default=int8", "--activations", "bf16", "--quantize-activations"]
EXPERT_INTEGERS, ALL_INTEGERS = QUANTIZED + ["experts=int8"], QUANTIZED + ["experts=int8,default=int8"]
DEEP = {"hidden_size": 1088, "intermediate_size": 1088, "head_dim": 32, "num_local_experts": 2, "num_hidden_layers": 1}
# Chunk (0: as much as a step takes), sequences in a step, threads. Two rows of 48 tokens, alone and together, take the
# variants of 8 to 512.
SHORT_RUNS = [(1, 1, 1), (4, 1, 1), (7, 1, 2), (0, 1, 1), (1, 2, 1), (4, 2, 2), (7, 2, 1), (0, 2, 2)]
# One row of 520 tokens takes the variant of 2048, and more keys than one block of attention or of an indexer has.
LONG_RUNS = [(33, 1, 1), (0, 1, 2)]


parser = argparse.ArgumentParser()
parser.add_argument("--self-test", action="store_true")
parser.add_argument("--compile", type=shlex.split, default=[])
parser.add_argument("--eval", type=shlex.split, default=[])
parser.add_argument("moec")
parser.add_argument("goldens", type=pathlib.Path)
parser.add_argument("work", type=pathlib.Path)
parser.add_argument("checkpoints", nargs="*")
arguments = parser.parse_args()
goldens, work = arguments.goldens, arguments.work


def read_tensor(file, name):
    """The type, the shape and the bytes of one tensor."""
    data = file.read_bytes()
    begin = 8 + struct.unpack_from("<Q", data)[0]
    info = json.loads(data[8:begin])[name]
    first, last = info["data_offsets"]
    return info["dtype"], info["shape"], data[begin + first:begin + last]


def write_tensor(file, name, dtype, shape, data):
    header = json.dumps({name: {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    file.write_bytes(struct.pack("<Q", len(header)) + header + data)


def write_rows(file, rows):
    data = struct.pack(f"<{len(rows) * len(rows[0])}i", *sum(rows, []))
    write_tensor(file, "input_ids", "I32", [len(rows), len(rows[0])], data)
    return file


def write_tokens(checkpoint):
    """The checkpoint's two rows of ids, and one row of 520 made of them."""
    _, (rows, width), data = read_tensor(checkpoint / "golden.safetensors", "input_ids")
    ids = list(struct.unpack(f"<{rows * width}q", data))
    short = write_rows(work / "short.safetensors", [ids[i:i + width] for i in range(0, len(ids), width)])
    return short, write_rows(work / "long.safetensors", [(ids * 6)[:520]])


def find_difference(one, other):
    """What is different between the logits of two files, in words; nothing when all bytes agree."""
    (dtype, shape, data), (dtype2, shape2, data2) = read_tensor(one, "logits"), read_tensor(other, "logits")
    if (dtype, shape) != (dtype2, shape2):
        return f"are {dtype} {shape}, not {dtype2} {shape2}"
    if data == data2:
        return None
    words, words2 = array.array("I", data), array.array("I", data2)
    places = [i for i, (word, word2) in enumerate(zip(words, words2)) if word != word2]
    row, column = divmod(places[0], shape[2])
    number, number2 = (struct.unpack_from("<f", bytes_, 4 * places[0])[0] for bytes_ in (data, data2))
    return (f"differ in {len(places)} of {len(words)} numbers, first at sequence {row // shape[1]}, position"
            f" {row % shape[1]}, id {column}: {number!r}, not {number2!r}")


def find_emptiness(file):
    """What makes equal bytes mean little, in words."""
    _, shape, data = read_tensor(file, "logits")
    if not all(map(math.isfinite, array.array("f", data))):
        return "are not all finite"
    size = 4 * shape[2]
    rows = {data[i:i + size] for i in range(0, len(data), size)}
    if len(rows) != shape[0] * shape[1]:
        return f"have {len(rows)} different rows at {shape[0] * shape[1]} positions"
    return None


def run(*command):
    done = subprocess.run([arguments.moec, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"moec {' '.join(map(str, command))}: {done.stderr}")


def compile_model(model, name, *options):
    artifact = work / f"{name}.moec"
    run("compile", model, "-o", artifact, *options)
    return artifact


def evaluate(artifact, tokens, name, chunk, batch, threads):
    logits = work / f"{name}.safetensors"
    run("eval", artifact, *arguments.eval, "--tokens", tokens, "--logits", logits, "--chunk", chunk, "--batch", batch,
        "--threads", threads)
    return logits


def check_tokens(what, artifacts, tokens, runs):
    """Every run of every artifact has the logits of the first."""
    first = evaluate(artifacts[0], tokens, "first", *runs[0])
    problem = find_emptiness(first)
    if problem:
        sys.exit(f"{what}: the logits of {tokens.name} {problem}")
    for artifact, settings in list(itertools.product(artifacts, runs))[1:]:
        problem = find_difference(evaluate(artifact, tokens, "next", *settings), first)
        if problem:
            sys.exit(f"{what}: the logits of {tokens.name} from {describe(artifact, *settings)} {problem} from"
                     f" {describe(artifacts[0], *runs[0])}")


def describe(artifact, chunk, batch, threads):
    return f"{artifact.name} (chunk {chunk}, batch {batch}, threads {threads})"


def get_cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check(what, model, tokens_and_runs, *sets_of_options):
    """Compiles `model` once for each set of options and feeds all artifacts the same tokens."""
    start = get_cpu_seconds()
    artifacts = [compile_model(model, f"artifact{i}", *options) for i, options in enumerate(sets_of_options)]
    compiled = get_cpu_seconds()
    for tokens, runs in tokens_and_runs:
        check_tokens(what, artifacts, tokens, runs)
    print(f"{what}: {compiled - start:.1f} s of CPU to compile, {get_cpu_seconds() - compiled:.1f} s to run", flush=True)


def check_checkpoint(name):
    checkpoint = goldens / name
    short, long = write_tokens(checkpoint)
    tokens_and_runs = (short, SHORT_RUNS), (long, LONG_RUNS)
    check(name, checkpoint, tokens_and_runs, arguments.compile)
    if arguments.compile:
        return
    check(f"{name}, integers", checkpoint, tokens_and_runs, EXPERT_INTEGERS + ["--max-tokens", "64"])


def check_deep():
    """Where K is beyond 1024, and between artifacts of other variants."""
    config = json.loads((goldens / "mixtral" / "config.json").read_text())
    file = work / "config.json"
    file.write_text(json.dumps(config | DEEP))
    short, _ = write_tokens(goldens / "mixtral")
    for what, formats in [("deep", arguments.compile)] + [("deep, integers", ALL_INTEGERS)] * (not arguments.compile):
        options = ["--weights", "random:7", *formats]
        check(what, file, [(short, SHORT_RUNS)], options, options + ["--max-tokens", "20"])


def expect(what, text, *words):
    if not text or not all(word in text for word in words):
        sys.exit(f"self-test: {what} is reported as '{text}', without one of {words}")


def test_comparison():
    """One bit, another shape, and logits that say nothing are found."""
    one, other = work / "one.safetensors", work / "other.safetensors"
    data = bytearray(struct.pack("<24f", *range(24)))
    write_tensor(one, "logits", "F32", [2, 3, 4], data)
    write_tensor(other, "logits", "F32", [2, 3, 4], data)
    if find_difference(one, other) or find_emptiness(one):
        sys.exit("self-test: equal logits are reported as different")
    data[4 * 23] ^= 1
    write_tensor(other, "logits", "F32", [2, 3, 4], data)
    expect("one bit", find_difference(other, one), "1 of 24", "sequence 1, position 2, id 3: 23.000001907348633, not 23.0")
    write_tensor(other, "logits", "F32", [2, 4, 3], data)
    expect("another shape", find_difference(other, one), "[2, 4, 3]", "[2, 3, 4]")
    write_tensor(other, "logits", "F32", [2, 3, 4], struct.pack("<24f", *range(20), *range(4)))
    expect("a repeated row", find_emptiness(other), "5 different rows at 6")
    write_tensor(other, "logits", "F32", [2, 3, 4], struct.pack("<24f", *range(23), math.nan))
    expect("a number that is none", find_emptiness(other), "finite")


def test_artifact():
    """Caches of another type are another computation: two artifacts of one model must be told apart."""
    artifacts = [compile_model(goldens / "mixtral", kind, "--max-tokens", "64", "--kv-cache", kind) for kind in ("bf16", "f32")]
    short, _ = write_tokens(goldens / "mixtral")
    check_tokens("self-test", artifacts[:1], short, [(1, 1, 1), (4, 2, 1)])
    try:
        check_tokens("self-test", artifacts, short, [(4, 2, 1)])
    except SystemExit as problem:
        expect("caches of two types", str(problem), "from f32.moec (chunk 4, batch 2,", "from bf16.moec (chunk 4, batch 2,")
    else:
        sys.exit("self-test: caches of bf16 and of f32 give the same logits")


work.mkdir(parents=True, exist_ok=True)
if arguments.self_test:
    test_comparison()
    test_artifact()
else:
    for name in arguments.checkpoints or sorted(folder.name for folder in goldens.iterdir() if folder.is_dir()):
        check_checkpoint(name)
    check_deep()
