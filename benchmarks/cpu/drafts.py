#!/usr/bin/env python3
"""What drafts cost and give on the benchmarks' shapes, with random weights, by forced acceptance (`moec bench --accept`).

First a step with N drafts beside what it may cost: a step of N + 1 sequences of one row each, times 1.05, and N times the
bytes of the draft (its layer and head, as `moec inspect` counts them for one token) at the bandwidth that a step without
drafts has in the same run, and at that of plain reads (`cpu-ceilings`). The two take turns, and medians count. GLM-4.7-Flash shapes get a layer of multi-token prediction, which drafts; Qwen3 and gpt-oss have none, so theirs are
by look-up, whose cost is the check alone. Then tokens a second by acceptance, beside those without drafts in the same
process, and `auto` where nothing that is drafted follows. Prints tables; --out writes the numbers as JSON.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

from vocabulary import make_tokenizer
from vs_llama_cpp import HERE, ROOT, WIDTHS

# How a configuration announces the layer, by family.
ANNOUNCED = {"deepseek_v3": "num_nextn_predict_layers", "qwen3_5_moe_text": "mtp_num_hidden_layers"}
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release", help="build folder of moec (%(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "drafts", help="where models are kept (6 GB)")
    parser.add_argument("--shapes", default="gpt-oss-20b-4layers,qwen3-30b-a3b-4layers,glm-4.7-flash-5layers")
    parser.add_argument("--width", default="mxfp4", help="of " + ", ".join(WIDTHS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--drafts", default="1,3", help="tokens to draft in the first table")
    parser.add_argument("--accept", default="0.6,0.7,0.8,0.9,0.95", help="chances in the second one, with three drafts")
    parser.add_argument("--prompt", type=int, default=64, help="tokens of each prompt")
    parser.add_argument("--generate", type=int, default=128, help="tokens behind it")
    parser.add_argument("--auto", type=int, default=512, help="tokens to generate where drafts are auto")
    parser.add_argument("--repetitions", type=int, default=2, help="of which bench takes the median")
    parser.add_argument("--rounds", type=int, default=3, help="how often the first table's runs take turns")
    parser.add_argument("--only", default="cost,rates,auto", help="parts to measure")
    parser.add_argument("--compile-only", action="store_true", help="make the models and leave")
    parser.add_argument("--out", type=pathlib.Path, help="file for the numbers")
    return parser.parse_args()


class Model:
    """A compiled shape."""

    def __init__(self, options, shape):
        self.options, self.shape = options, shape
        self.program = options.build / "bin" / "moec"
        self.path = options.work / f"{shape}.{options.width}.moec"
        config = json.loads((HERE / "shapes" / f"{shape}.json").read_text())
        self.has_layer = config["model_type"] in ANNOUNCED
        if not self.path.exists():
            self.compile(config)

    def compile(self, config):
        source = self.options.work / f"{self.shape}.source"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        if self.has_layer:
            config[ANNOUNCED[config["model_type"]]] = 1
        (source / "config.json").write_text(json.dumps(config))
        (source / "tokenizer.json").write_text(json.dumps(make_tokenizer(config["vocab_size"])))
        print(f"compiling {self.path}", file=sys.stderr)
        draft = ["--draft"] if self.has_layer else []
        subprocess.run([self.program, "compile", source / "config.json", "--target", "cpu", "--weights", "random:1", *draft,
                        *WIDTHS[self.options.width][1], "-o", self.path], check=True, stdout=subprocess.DEVNULL)

    def bench(self, *arguments, generate=None):
        """The rows that `moec bench` writes."""
        report = self.path.with_suffix(".json")
        options = self.options
        command = [self.program, "bench", self.path, "--threads", options.threads, "--prompt-tokens", options.prompt,
                   "--generate-tokens", generate or options.generate, "--repetitions", options.repetitions, "--json", report, *arguments]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        return json.loads(report.read_text())

    def drafted(self, drafts, chance, generate=None):
        return self.bench("--draft", drafts, "--accept", chance, generate=generate)[0]

    def count_bytes(self, function):
        """What a function reads and writes for one token, behind so many as are generated; 0 where there is none."""
        context = self.options.prompt + self.options.generate
        command = [self.program, "inspect", "--context", str(context), self.path]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        _, heading, text = text.partition(f"\nFunction {function}\n")
        if not heading:
            return 0
        total, unit = re.search(r"T=1 bytes.*\n(?:.*\n)*?all +\S+ +(\S+) (\w+)", text).groups()
        return float(total) * UNITS[unit]


def measure_cost(options, model, bandwidth):
    """Milliseconds of a step, and what it may take; an accepted draft costs what another one does."""
    rows = []
    for drafts in map(int, options.drafts.split(",")):
        taken = {"step_ms": [], "plain_ms": [], "batch_ms": []}
        for _ in range(options.rounds):
            step = model.drafted(drafts, 0.5)
            batch = model.bench("--batch", drafts + 1)[0]
            taken["step_ms"].append(1000 * step["tokens_per_step"] / step["decode_tokens_per_second"])
            taken["plain_ms"].append(1000 / step["decode_tokens_per_second_without_drafts"])
            taken["batch_ms"].append(1000 * (drafts + 1) / batch["decode_tokens_per_second"])
        row = {"shape": model.shape, "drafts": drafts, **{name: statistics.median(times) for name, times in taken.items()}}
        size = drafts * model.count_bytes("draft")
        row["bandwidth"] = model.count_bytes("forward") / row["plain_ms"] * 1000
        row["draft_ms"] = 1000 * size / row["bandwidth"]
        row["bound_ms"] = 1.05 * row["batch_ms"] + row["draft_ms"]
        row["ceiling_ms"] = 1.05 * row["batch_ms"] + 1000 * size / bandwidth
        print(row, file=sys.stderr)
        rows.append(row)
    return rows


def measure_rates(options, model):
    rows = []
    for chance in map(float, options.accept.split(",")):
        row = model.drafted(3, chance)
        rows.append({"shape": model.shape, "accept": chance, "rate": row["decode_tokens_per_second"],
                     "off": row["decode_tokens_per_second_without_drafts"], "tokens_per_step": row["tokens_per_step"]})
        print(rows[-1], file=sys.stderr)
    return rows


def measure_auto(options, model):
    row = model.drafted("auto", 0, generate=options.auto)
    return {"shape": model.shape, "auto": row["decode_tokens_per_second"], "off": row["decode_tokens_per_second_without_drafts"]}


def print_cost(rows):
    print("\n| shape | drafts | a step, ms | without drafts, ms and GB/s | of N + 1 sequences | N drafts at that bandwidth | "
          "step over its bound | with plain reads |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['shape']} | {row['drafts']} | {row['step_ms']:.2f} | {row['plain_ms']:.2f}, {row['bandwidth'] / 1e9:.1f} | "
              f"{row['batch_ms']:.2f} | {row['draft_ms']:.2f} | {row['step_ms'] / row['bound_ms']:.2f} | "
              f"{row['step_ms'] / row['ceiling_ms']:.2f} |")


def print_rates(rows):
    chances = sorted({row["accept"] for row in rows})
    print("\n| shape | off | " + " | ".join(f"{chance:g}" for chance in chances) + " |")
    print("|---|---|" + "---|" * len(chances))
    for shape in dict.fromkeys(row["shape"] for row in rows):
        own = {row["accept"]: row for row in rows if row["shape"] == shape}
        off = statistics.median(row["off"] for row in own.values())
        print(f"| {shape} | {off:.1f} | " + " | ".join(f"{own[c]['rate']:.1f}, {own[c]['rate'] / own[c]['off']:.2f}" for c in chances) + " |")


def print_auto(rows):
    print("\n| shape, nothing follows | off | auto | share |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row['shape']} | {row['off']:.1f} | {row['auto']:.1f} | {row['auto'] / row['off']:.3f} |")


def main():
    options = parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    models = [Model(options, shape) for shape in options.shapes.split(",")]
    if options.compile_only:
        return
    parts = options.only.split(",")
    command = [options.build / "bin" / "cpu-ceilings", str(options.threads)]
    ceiling = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    found = {"ceiling": ceiling, "cost": [], "rates": [], "auto": []}
    for model in models:
        if "cost" in parts:
            found["cost"] += measure_cost(options, model, ceiling["bytes_per_second"])
        if "rates" in parts:
            found["rates"] += measure_rates(options, model)
        if "auto" in parts:
            found["auto"].append(measure_auto(options, model))
    print(json.dumps(ceiling))
    for part, show in (("cost", print_cost), ("rates", print_rates), ("auto", print_auto)):
        if found[part]:
            show(found[part])
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
