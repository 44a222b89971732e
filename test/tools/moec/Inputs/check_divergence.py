"""What `eval A B --text` prints is what a few lines here compute from logits that were written or recorded.

Usage: check_divergence.py MOEC CHECKPOINT WORK

The text is the first recorded row of CHECKPOINT/golden.safetensors. Logits of its windows come from `eval --logits`; the
perplexity of the whole row as one window is also compared with that of the logits that Transformers recorded.
"""
import json
import math
import pathlib
import re
import struct
import subprocess
import sys

WINDOW, TOLERANCE = 50, 1e-4
moec, checkpoint, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])


def read_tensor(file, name):
    """A tensor [a, b, …] as a list of its first row's lists of numbers."""
    data = file.read_bytes()
    begin = 8 + struct.unpack_from("<Q", data)[0]
    info = json.loads(data[8:begin])[name]
    code = {"I64": "q", "I32": "i", "F32": "f"}[info["dtype"]]
    first, last = info["data_offsets"]
    return info["shape"], struct.unpack(f"<{math.prod(info['shape'])}{code}", data[begin + first:begin + last])


def run(*command):
    return subprocess.run([moec, *command], check=True, capture_output=True, text=True).stdout


def log_probabilities(row):
    most = max(row)
    total = most + math.log(math.fsum(math.exp(x - most) for x in row))
    return [x - total for x in row]


def mean_and_error(values):
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1) / len(values))


def quantile(values, q):
    place = q * (len(values) - 1)
    values, below = sorted(values), math.floor(place)
    return values[below] + (place - below) * (values[min(below + 1, len(values) - 1)] - values[below])


def rows_of(shape, values):
    return [values[i:i + shape[-1]] for i in range(0, len(values), shape[-1])]


def written_logits(model, windows):
    """The log-probabilities at each token of the windows; what stands behind the last one's end changes nothing before."""
    padded = [window + [0] * (WINDOW - len(window)) for window in windows]
    data = struct.pack(f"<{len(padded) * WINDOW}i", *sum(padded, []))
    header = json.dumps({"input_ids": {"dtype": "I32", "shape": [len(padded), WINDOW], "data_offsets": [0, len(data)]}}).encode()
    (work / "ids.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)
    run("eval", model, "--tokens", work / "ids.safetensors", "--logits", work / "logits.safetensors")
    return [log_probabilities(row) for row in rows_of(*read_tensor(work / "logits.safetensors", "logits"))]


def close(what, got, want):
    if not abs(got - want) <= TOLERANCE * max(1, abs(want)):
        sys.exit(f"{what} is {got}, not {want}")


def printed(pattern, text):
    return [float(number) for number in re.search(pattern, text).groups()]


def check_pair(a, b, ids, text):
    windows = [ids[i:i + WINDOW] for i in range(0, len(ids), WINDOW)]
    rows_a, rows_b = written_logits(a, windows), written_logits(b, windows)
    losses_a, losses_b, kl, same = [], [], [], []
    for number, window in enumerate(windows):
        for position, token in enumerate(window[1:]):
            p, q = rows_a[number * WINDOW + position], rows_b[number * WINDOW + position]
            losses_a.append(-p[token])
            losses_b.append(-q[token])
            kl.append(math.fsum(math.exp(x) * (x - y) for x, y in zip(p, q)))
            same.append(p.index(max(p)) == q.index(max(q)))
    out = run("eval", a, b, "--text", text, "--window", str(WINDOW), "--json", work / "pair.json")
    report = json.loads((work / "pair.json").read_text())
    number = r"([\d.e-]+) ± ([\d.e-]+)"
    for name, losses in (("a", losses_a), ("b", losses_b)):
        mean, error = mean_and_error(losses)
        shown = printed(f"{name.upper()} {number}", out)
        for got, want in zip((report[name]["perplexity"], report[name]["perplexity_error"], *shown),
                             (math.exp(mean), error * math.exp(mean)) * 2):
            close(f"the perplexity of {name}", got, want)
    mean, error = mean_and_error(kl)
    wanted = {"mean": mean, "error": error, "median": quantile(kl, 0.5), "p99": quantile(kl, 0.99), "max": max(kl)}
    shown = printed(rf"nats: mean {number}, median ([\d.]+), p99 ([\d.]+), max ([\d.]+)", out)
    for (key, want), line in zip(wanted.items(), shown):
        close(f"KL {key}", report["kl"][key], want)
        close(f"printed KL {key}", line, want)
    ratio = mean_and_error([y - x for x, y in zip(losses_a, losses_b)])
    for key, want in zip(("mean", "error"), ratio):
        close(f"log ratio {key}", report["log_ratio"][key], want)
    close("agreement", report["top1_agreement"]["mean"], sum(same) / len(same))
    if not (mean > 1e-3 and sum(same) < len(same) == report["predictions"] == len(ids) - len(windows)):
        sys.exit(f"{a} and {b} are too alike to tell a wrong figure from a right one")


def main():
    work.mkdir(parents=True, exist_ok=True)
    shape, values = read_tensor(checkpoint / "golden.safetensors", "input_ids")
    ids = list(values[:shape[1]])
    (work / "ids.json").write_text(json.dumps([ids]))
    decoded = json.loads(run("tokenize", checkpoint, "--decode", "--json", work / "ids.json"))[0]
    text = work / "text.txt"
    text.write_text(decoded)
    common = ["--kv-cache", "f32", "--max-tokens", "256"]
    a, b = work / "a.moec", work / "b.moec"
    run("compile", checkpoint, *common, "-o", a)
    run("compile", checkpoint, *common, "--quantize", "experts=mxfp4,default=int4", "-o", b)

    recorded = [log_probabilities(row) for row in rows_of(*read_tensor(checkpoint / "golden.safetensors", "logits"))]
    mean, _ = mean_and_error([-recorded[i][token] for i, token in enumerate(ids[1:])])
    run("eval", a, "--text", text, "--window", str(len(ids)), "--json", work / "one.json")
    close("the perplexity by Transformers' logits", json.loads((work / "one.json").read_text())["perplexity"], math.exp(mean))
    check_pair(a, b, ids, text)


main()
