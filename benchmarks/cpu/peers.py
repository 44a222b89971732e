#!/usr/bin/env python3
"""moec beside its peers on this CPU, in one run: the programs take turns, figures are medians and ratios.

Products: an expert's weights in MXFP4 by rows of bf16 and by rows of int8 in groups of 256, beside oneDNN's products of dense
weights of bf16 and int8 in the same shapes, weights taken in turn from at least 1 GiB (`cpu-kernel-bench`, `cpu-dnnl-bench`).
oneDNN (libdnnl-dev) has to be there when moec is configured. `mxfp4*` is weights whose powers of two differ from channel to channel.

Models: whole shapes beside llama.cpp (see vs_llama_cpp.sh), and beside ik_llama.cpp if --ik names the folder of a build of it.

Peers that are not there are left out, with a sentence. Prints tables; --out writes the numbers as JSON.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from vs_llama_cpp import HERE, ROOT, SHAPES, WIDTHS, Moec, Peer, PeerFailed, get_ceilings, measure

# Rows and weights of a product of ours, and the type of oneDNN's that it stands beside.
PRODUCTS = [("bf16", "mxfp4", "bf16"), ("int8_256", "mxfp4", "int8"), ("int8_256", "mxfp4*", "int8")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release", help="build folder of moec (%(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "vs_llama_cpp", help="where models are kept, as vs_llama_cpp.sh has them")
    parser.add_argument("--peer-run", default="", help="command that runs llama.cpp's programs and a python3 with gguf")
    parser.add_argument("--peer-path", default="", help="what --peer-run wants before the name of a file of this machine")
    parser.add_argument("--ik", type=pathlib.Path, help="build folder of ik_llama.cpp, whose bin has llama-bench")
    parser.add_argument("--shapes", default=",".join(SHAPES[:2]))
    parser.add_argument("--width", default="mxfp4", choices=[width for width, (quantized, _) in WIDTHS.items() if quantized is not None])
    parser.add_argument("--threads", default="2", help="several: 1,2")
    parser.add_argument("--rows", default="64,128", help="rows of an expert, several; nothing leaves products out")
    parser.add_argument("--prefill", default="512", help="prompt lengths, several; nothing leaves them out")
    parser.add_argument("--decode", default="0", help="contexts to decode at, several; nothing leaves them out")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path, help="file for the numbers")
    return parser.parse_args()


class Ik(Peer):
    """ik_llama.cpp, built on this machine, with the GGUFs of llama.cpp."""

    def __init__(self, options):
        super().__init__(options)
        self.program = options.ik / "bin" / "llama-bench"

    def bench(self, model, threads, prompt, generate, context, batch):
        # Of its options those that its authors advise for CPUs are defaults, but for weights in the order that its products read.
        tokens = ["-p", "0", "-n", "0", "-gp", f"{context},{generate}"] if context else ["-p", str(prompt), "-n", str(generate)]
        command = [self.program, "-m", model, "-t", str(threads), *tokens, "-r", "1", "-rtr", "1", "-o", "json"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise PeerFailed(f"ik_llama.cpp's llama-bench ended with {result.returncode}:\n{result.stderr[-2000:]}")
        row = json.loads(result.stdout[result.stdout.index("["):])[-1]
        self.version = f"ik_llama.cpp {row['build_number']} ({row['build_commit']})"
        return row["avg_ts"]


def run_json(command, **environment):
    result = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
    return json.loads(result.stdout)


def expert_shapes(shape):
    """Name, N and K of the two products of an expert."""
    config = json.loads((HERE / "shapes" / f"{shape}.json").read_text())
    hidden = config["hidden_size"]
    width = config.get("moe_intermediate_size") or config["intermediate_size"]
    return [("gate and up", 2 * width, hidden), ("down", hidden, width)]


def measure_products(options, shape, threads):
    """A row for each product, number of rows and kind of ours."""
    ours, theirs = options.build / "bin" / "cpu-kernel-bench", options.build / "bin" / "cpu-dnnl-bench"
    has_peer = theirs.exists()
    if not has_peer:
        print(f"oneDNN is left out: {theirs} is not there; install libdnnl-dev and configure moec again", file=sys.stderr)
    for what, n, k in expert_shapes(shape):
        for tokens in map(int, options.rows.split(",")):
            runs = {f"{rows} x {weight}": [ours, "native", f"product={rows},{weight},{tokens},{n},{k}", f"threads={threads}"]
                    for rows, weight, _ in PRODUCTS}
            if has_peer:
                runs |= {kind: [theirs, kind, tokens, n, k] for kind in dict.fromkeys(kind for _, _, kind in PRODUCTS)}
            rates = {name: [] for name in runs}
            for _ in range(options.repetitions):
                for name, command in runs.items():
                    rates[name].append(run_json(command, OMP_NUM_THREADS=str(threads))["ops_per_second"])
            medians = {name: statistics.median(values) for name, values in rates.items()}
            for rows, weight, kind in PRODUCTS:
                row = {"shape": shape, "product": what, "n": n, "k": k, "tokens": tokens, "threads": threads, "rows": rows, "weight": weight,
                       "moec": medians[f"{rows} x {weight}"]}
                if has_peer:
                    row |= {"peer": kind, "onednn": medians[kind], "ratio": row["moec"] / medians[kind]}
                yield row


def find_programs(options):
    """Those of moec and of its peers that are there."""
    programs = {"moec": Moec(options)}
    if options.peer_run or shutil.which("llama-bench"):
        programs["llama.cpp"] = Peer(options)
    else:
        print("llama.cpp is left out: no llama-bench is in PATH, and no --peer-run says how to start it", file=sys.stderr)
    if options.ik:
        programs["ik_llama.cpp"] = Ik(options)
        if not programs["ik_llama.cpp"].program.exists():
            sys.exit(f"--ik {options.ik}: {programs['ik_llama.cpp'].program} is not there; name the build folder of ik_llama.cpp")
    else:
        print("ik_llama.cpp is left out: no --ik names a build of it", file=sys.stderr)
    return programs


def measure_models(options, programs, shape, threads):
    """A row for each prompt's length and context."""
    work = [(f"prefill {p}", int(p), 0, 0) for p in options.prefill.split(",") if p]
    work += [(f"decode 128 at {c}" if c != "0" else "decode 128", 0, 128, int(c)) for c in options.decode.split(",") if c]
    models = {name: program.model(shape, options.width, options.work.resolve()) for name, program in programs.items()} if work else {}
    for what, prompt, generate, context in work:
        rates = measure(programs, models, threads, prompt, generate, context, 1, options.repetitions)
        ratios = {name: rates["moec"] / rate for name, rate in rates.items() if name != "moec"}
        yield {"shape": shape, "width": options.width, "what": what, "threads": threads, "rates": rates, "ratios": ratios}


def print_products(rows):
    print("| shape, product | rows | threads | moec | Gop/s | oneDNN, dense | Gop/s | ratio |\n|---|---|---|---|---|---|---|---|")
    for row in rows:
        peer = f"{row['peer']} | {row['onednn'] / 1e9:.0f} | **{row['ratio']:.2f}**" if "ratio" in row else "- | - | -"
        print(f"| {row['shape']}, {row['product']} ({row['n']} x {row['k']}) | {row['tokens']} | {row['threads']} | "
              f"{row['rows']} x {row['weight']} | {row['moec'] / 1e9:.0f} | {peer} |")
    print()


def print_models(rows):
    names = list(dict.fromkeys(name for row in rows for name in row["ratios"]))
    print("| shape | what | threads | moec tok/s |" + "".join(f" {name} tok/s | ratio |" for name in names))
    print("|---" * (4 + 2 * len(names)) + "|")
    for row in rows:
        peers = "".join(f" {row['rates'][name]:.1f} | **{row['ratios'][name]:.2f}** |" if name in row["ratios"] else " - | - |" for name in names)
        print(f"| {row['shape']}, {row['width']} | {row['what']} | {row['threads']} | {row['rates']['moec']:.1f} |{peers}")
    print()


def main():
    options = parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    threads = [int(t) for t in options.threads.split(",")]
    programs = find_programs(options) if options.prefill or options.decode else {}
    before, products, models = get_ceilings(options, threads), [], []
    for shape in options.shapes.split(","):
        for count in threads:
            if options.rows:
                products += measure_products(options, shape, count)
            models += measure_models(options, programs, shape, count)
    after = get_ceilings(options, threads)
    versions = [program.version for program in programs.values() if hasattr(program, "version")]
    print(*versions, *[f"before: {json.dumps(row)}" for row in before], *[f"after: {json.dumps(row)}" for row in after], "", sep="\n")
    if products:
        print_products(products)
    if models:
        print_models(models)
    if options.out:
        numbers = {"peers": versions, "ceilings": {"before": before, "after": after}, "products": products, "models": models}
        options.out.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except PeerFailed as failure:  # where its models are made
        sys.exit(str(failure))
