"""The bundled model in each format of weights and of caches: bytes, perplexity, KL from the checkpoint's own weights, tokens a
second.

The formats are those that `moec compile --help` lists for --quantize, each for all weights that have a role. The baseline is
the checkpoint as it is, with f32 activations and caches; formats keep these, and one row has bf16 ones. Rows `cache …` have
the checkpoint's weights and f32 activations. The text is examples/model/held_out.txt, which the model was not trained on.
Rates are medians, the formats taking turns, with the least and the most; a warning says where these are so far apart that
the machine was busy with something else, and the rate means nothing. Prints a table; --out writes it as JSON and Markdown,
and as a plot where matplotlib is installed.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BASELINE = "f32"
PHASES = ("prefill", "decode")
CACHES = ("bf16", "fp8", "int8")
# The most over the least rate of a format that is no accident on a machine with nothing else to do.
SPREAD = 1.2
EXACT = ["--activations", "f32", "--kv-cache", "f32"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release", help="build folder of moec (%(default)s)")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "examples" / "model", help="checkpoint with a tokenizer")
    parser.add_argument("--text", type=pathlib.Path, default=ROOT / "examples" / "model" / "held_out.txt")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "formats", help="where artifacts are kept")
    parser.add_argument("--formats", help="of those, separated by commas (default: all)")
    parser.add_argument("--threads", type=int, default=0, help="worker threads (default: all processors)")
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--generate-tokens", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--out", type=pathlib.Path, help="folder for results.json, results.md and results.png")
    return parser.parse_args()


class Moec:
    def __init__(self, options):
        self.program = options.build / "bin" / "moec"
        self.threads = ["--threads", str(options.threads)] if options.threads else []
        self.work = options.work

    def run(self, *command):
        result = subprocess.run([self.program, *command], capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"moec {' '.join(map(str, command))} failed:\n{result.stderr[-2000:]}")
        return result.stdout

    def formats(self):
        listed = re.search(r"Weight formats\s+\(([\w,\s-]+)\)", self.run("compile", "--help"))
        if not listed:
            sys.exit("moec compile --help lists no formats of weights")
        return [name.strip() for name in listed.group(1).split(",")]

    def compile(self, model, name, arguments):
        artifact = self.work / f"{name}.moec"
        self.run("compile", model, *arguments, "-o", artifact)
        return artifact

    def report(self, *command):
        file = self.work / "report.json"
        self.run(*command, *self.threads, "--json", file)
        return json.loads(file.read_text())


def variants(formats):
    """The arguments of `moec compile` by name of a row."""
    rows = {BASELINE: EXACT, "bf16": ["--activations", "bf16", "--kv-cache", "bf16"]}
    rows |= {f"cache {name}": ["--activations", "f32", "--kv-cache", name] for name in CACHES}
    return rows | {name: [*EXACT, "--quantize", f"experts={name},default={name}"] for name in formats}


def measure_quality(moec, text, artifacts):
    """Perplexity of each, and its divergence from the baseline."""
    rows = {}
    for name, artifact in artifacts.items():
        pair = moec.report("eval", artifacts[BASELINE], artifact, "--text", text)
        rows[name] = {"format": name, "weight_bytes": sum(file.stat().st_size for file in artifact.glob("weights*")),
                      **pair["b"], **{key: pair[key] for key in ("kl", "top1_agreement", "predictions", "window")}}
        print(json.dumps(rows[name]), file=sys.stderr)
    return rows


def measure_rates(moec, options, artifacts):
    """Tokens a second of each repetition, the least first."""
    rates = {name: {phase: [] for phase in PHASES} for name in artifacts}
    for _ in range(options.repetitions):
        for name, artifact in artifacts.items():
            row = moec.report("bench", artifact, "--prompt-tokens", str(options.prompt_tokens), "--generate-tokens",
                              str(options.generate_tokens), "--repetitions", "1")[0]
            for phase, values in rates[name].items():
                values.append(row[f"{phase}_tokens_per_second"])
    for name, row in rates.items():
        for phase, values in row.items():
            values.sort()
            if values[-1] > SPREAD * values[0]:
                print(f"warning: {name}, {phase}: {values[0]:.0f} to {values[-1]:.0f} tokens a second; the machine was busy",
                      file=sys.stderr)
    return {name: {f"{phase}_tokens_per_second": values for phase, values in row.items()} for name, row in rates.items()}


def describe_rate(values):
    return f"{statistics.median(values):.0f} ({values[0]:.0f} … {values[-1]:.0f})"


def as_markdown(rows):
    lines = ["| format | weights, MB | perplexity | KL mean | KL p99 | top-1 agreement | prefill tok/s | decode tok/s |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        kl, same = row["kl"], row["top1_agreement"]
        lines.append(f"| {row['format']} | {row['weight_bytes'] / 1e6:.2f} | {row['perplexity']:.3f} ± {row['perplexity_error']:.3f} | "
                     f"{kl['mean']:.5f} ± {kl['error']:.5f} | {kl['p99']:.4f} | {100 * same['mean']:.2f} % | "
                     + " | ".join(describe_rate(row[f"{phase}_tokens_per_second"]) for phase in PHASES) + " |")
    return "\n".join(lines) + "\n"


def plot(rows, path):
    try:
        import matplotlib
    except ImportError:
        print("no plot: matplotlib is not installed", file=sys.stderr)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    names = [f"{row['format']}, {row['weight_bytes'] / 1e6:.1f} MB" for row in rows]
    figure, (quality, rates) = pyplot.subplots(1, 2, sharey=True, figsize=(9, 0.8 + 0.21 * len(rows)))
    # The baseline has no divergence from itself, so no bar.
    quality.barh(names, [row["kl"]["mean"] for row in rows], xerr=[row["kl"]["error"] for row in rows], color="#3b6ea5")
    quality.set_xscale("log")
    quality.invert_yaxis()
    quality.set_xlabel("mean KL from the baseline, nats")
    values = [row["decode_tokens_per_second"] for row in rows]
    medians = [statistics.median(v) for v in values]
    spread = [[m - v[0] for m, v in zip(medians, values)], [v[-1] - m for m, v in zip(medians, values)]]
    rates.barh(names, medians, xerr=spread, color="#3b6ea5")
    rates.set_xlabel("decode, tokens a second")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    options = parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    moec = Moec(options)
    wanted = options.formats.split(",") if options.formats else moec.formats()
    artifacts = {name: moec.compile(options.model, name, arguments) for name, arguments in variants(wanted).items()}
    rows = measure_quality(moec, options.text, artifacts)
    for name, rates in measure_rates(moec, options, artifacts).items():
        rows[name] |= rates
    table = as_markdown(rows.values())
    print(table)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "results.json").write_text(json.dumps(list(rows.values()), indent=2) + "\n")
        (options.out / "results.md").write_text(table)
        plot(list(rows.values()), options.out / "results.png")


main()
