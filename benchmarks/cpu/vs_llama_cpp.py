"""moec beside llama.cpp: see vs_llama_cpp.sh."""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

from vocabulary import make_tokenizer
from work import count_multiply_adds, count_parameters, read_token_bytes

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHAPES = ["gpt-oss-20b-4layers", "qwen3-30b-a3b-4layers", "qwen3.5-35b-a3b-4layers", "glm-4.7-flash-5layers"]
# Name of a width: how llama-quantize (none: it has no such format) and how `moec compile` call it.
WIDTHS = {
    "mxfp4": (["MXFP4_MOE"], ["--quantize", "experts=mxfp4,default=int8_f16", "--quantize-activations", "experts=int8,default=int8"]),
    "int8": (["Q8_0"], ["--quantize", "experts=int8_f16,default=int8_f16", "--quantize-activations", "experts=int8,default=int8"]),
    "int4": (["--pure", "Q4_0"], ["--quantize", "experts=int4,default=int4", "--quantize-activations", "experts=int8,default=int8"]),
    "bf16": ([], []),
    "nvfp4": (None, ["--quantize", "experts=nvfp4,default=nvfp4", "--quantize-activations", "experts=int8,default=int8"]),
    "mxfp8": (None, ["--quantize", "experts=mxfp8,default=mxfp8"]),
    "fp8": (None, ["--quantize", "experts=fp8,default=fp8"]),
}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="vs_llama_cpp.sh", description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release", help="build folder of moec (%(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "vs_llama_cpp", help="where models are kept (45 GB for mxfp4, 110 GB for all widths)")
    parser.add_argument("--peer-run", default="", help="command that runs llama.cpp's programs and a python3 with gguf")
    parser.add_argument("--peer-path", default="", help="what --peer-run wants before the name of a file of this machine")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--widths", default="mxfp4", help="of " + ", ".join(WIDTHS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--prefill", default="512", help="prompt lengths, several: 512,4096")
    parser.add_argument("--decode", default="0", help="contexts to decode at, several: 0,4096")
    parser.add_argument("--batch", default="", help="sequences to decode together, several: 4,8,16,32")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--out", type=pathlib.Path, help="folder for results.json, results.md and results.png")
    parser.add_argument("--only", choices=["moec", "peer"], help="measure one of the two")
    return parser.parse_args()


class PeerFailed(Exception):
    """A program of llama.cpp ended with an error."""


class Peer:
    """llama.cpp's programs, which may live in a root folder of their own."""

    def __init__(self, options):
        self.prefix = shlex.split(options.peer_run)
        self.path = options.peer_path
        self.parameters = {}  # by model

    def run(self, *command):
        result = subprocess.run([*self.prefix, *command], capture_output=True, text=True)
        if result.returncode:
            raise PeerFailed(f"{command[0]} failed:\n{result.stderr[-2000:]}")
        return result

    def file(self, path):
        return self.path + str(path)

    def model(self, shape, width, work):
        """The GGUF, made where it is not there yet."""
        quantized = WIDTHS[width][0]
        plain, final = work / f"{shape}.bf16.gguf", work / f"{shape}.{width}.gguf"
        if final.exists():
            return final
        if not plain.exists():
            print(f"writing {plain}", file=sys.stderr)
            self.run("python3", self.file(HERE / "make_gguf.py"), self.file(HERE / "shapes" / f"{shape}.json"),
                     self.file(plain) + ".part")
            os.rename(str(plain) + ".part", plain)
        if quantized:
            print(f"writing {final}", file=sys.stderr)
            *flags, format = quantized
            self.run("llama-quantize", *flags, self.file(plain), self.file(final) + ".part", format)
            os.rename(str(final) + ".part", final)
        return final

    def bench(self, model, threads, prompt, generate, context, batch):
        if batch > 1:
            return self.serve(model, threads, generate, batch)
        result = self.run("llama-bench", "-m", self.file(model), "-t", str(threads), "-p", str(prompt), "-n", str(generate),
                          "-d", str(context), "-r", "1", "-o", "json")
        rows = json.loads(result.stdout[result.stdout.index("["):])
        self.parameters[model] = rows[0]["model_n_params"]
        self.version = f"llama.cpp {rows[0]['build_number']} ({rows[0]['build_commit']}), {rows[0]['backends']}"
        for line in result.stderr.splitlines():
            if "load_backend" in line:
                self.version += ", " + line.rsplit("/", 1)[-1]
        return rows[-1]["avg_ts"]

    @contextlib.contextmanager
    def start_server(self, model, threads, slots, context):
        """The address of a server with that many slots of `context` tokens, as long as it is used."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [*self.prefix, "llama-server", "-m", self.file(model), "-t", str(threads), "-tb", str(threads), "-np", str(slots),
             "-c", str(slots * context), "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()

    def serve(self, model, threads, generate, batch):
        """Tokens a second of `batch` requests that a server decodes together, each after one token."""
        with self.start_server(model, threads, batch, 2 * generate) as address:
            def ask(sequence):
                body = {"prompt": [sequence * 7919 % 10000], "n_predict": generate, "ignore_eos": True, "temperature": 0,
                        "samplers": ["temperature"], "cache_prompt": False}
                request = urllib.request.Request(f"{address}/completion", json.dumps(body).encode(),
                                                 {"Content-Type": "application/json"})
                return json.load(urllib.request.urlopen(request))["timings"]
            with concurrent.futures.ThreadPoolExecutor(batch) as pool:
                timings = list(pool.map(ask, range(batch)))
        return sum(t["predicted_n"] for t in timings) / (max(t["predicted_ms"] for t in timings) / 1000)

    def wait(self, address, server):
        for _ in range(1200):
            try:
                return urllib.request.urlopen(address)
            except (urllib.error.URLError, ConnectionError):
                if server.poll() is not None:
                    raise PeerFailed(f"llama-server ended with {server.returncode} before it was ready")
                time.sleep(0.1)
        raise PeerFailed("llama-server is not ready after two minutes")


class Moec:
    def __init__(self, options):
        self.program = options.build / "bin" / "moec"

    def model(self, shape, width, work):
        final = work / f"{shape}.{width}.moec"
        if final.exists() and final.stat().st_mtime > self.program.stat().st_mtime:
            return final
        print(f"compiling {final}", file=sys.stderr)
        source = work / f"{shape}.source"
        source.mkdir(exist_ok=True)
        shutil.copy(HERE / "shapes" / f"{shape}.json", source / "config.json")
        tokenizer = make_tokenizer(json.loads((source / "config.json").read_text())["vocab_size"])
        (source / "tokenizer.json").write_text(json.dumps(tokenizer))
        subprocess.run([self.program, "compile", source / "config.json", "--target", "cpu", "--weights", "random:1",
                        *WIDTHS[width][1], "-o", final], check=True, stdout=subprocess.DEVNULL)
        return final

    def bench(self, model, threads, prompt, generate, context, batch):
        report = model.with_suffix(".json")
        # A prompt of one token is the least that can be decoded after.
        subprocess.run([self.program, "bench", model, "--prompt-tokens", str(prompt or max(context, 1)), "--generate-tokens",
                        str(generate + 1 if generate else 1), "--batch", str(batch), "--threads", str(threads), "--repetitions", "1",
                        "--json", report],
                       check=True, stdout=subprocess.DEVNULL)
        row = json.load(open(report))[0]
        return row["prefill_tokens_per_second"] if prompt else row["decode_tokens_per_second"]

    def start(self, model, threads):
        """Seconds from the start to the first token after a prompt of 16."""
        begin = time.monotonic()
        self.run("run", model, "--tokens", ",".join(map(str, range(1, 17))), "--max-tokens", "1", "--threads", str(threads))
        return time.monotonic() - begin

    def memory(self, model, threads):
        """The peak of resident memory while 512 tokens are read and 128 generated, beyond the weights (which are mapped); in
        bytes, KV cache included."""
        peak = self.run("bench", model, "--threads", str(threads), "--repetitions", "1")
        return peak - sum(file.stat().st_size for file in model.glob("weights*"))

    def run(self, *command):
        """The peak of resident memory, in bytes."""
        child = subprocess.Popen([self.program, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"moec {' '.join(map(str, command))} failed")
        return usage.ru_maxrss * 1024


def measure(programs, models, threads, prompt, generate, context, batch, repetitions):
    """Medians, the programs taking turns."""
    rates = {name: [] for name in programs}
    for _ in range(repetitions):
        for name, program in programs.items():
            try:
                rates[name].append(program.bench(models[name], threads, prompt, generate, context, batch))
            except PeerFailed as failure:
                print(failure, file=sys.stderr)
    return {name: statistics.median(values) for name, values in rates.items() if values}


def check_parameters(programs, models):
    """Both programs ran models of one shape, as far as llama.cpp has said."""
    counted = programs["peer"].parameters.get(models["peer"]) if len(programs) == 2 else None
    if counted is not None and counted != (own := count_parameters(models["moec"])):
        sys.exit(f"{models['peer']} has {counted} parameters and {models['moec']} {own}: remove the stale one")


def get_ceilings(options, threads):
    program = options.build / "bin" / "cpu-ceilings"
    return [json.loads(subprocess.run([program, str(t)], check=True, capture_output=True, text=True).stdout) for t in threads]


def describe_share(row):
    """What a rate of moec means for the machine."""
    if "arithmetic" in row:
        return f"{row['arithmetic'] / 1e9:.0f} Gop/s, {100 * row['arithmetic'] / row['most_arithmetic']:.0f} %"
    if "bytes" in row:
        return f"{row['bytes'] / 1e9:.1f} GB/s, {100 * row['bytes'] / row['most_bytes']:.0f} %"
    return ""


def as_markdown(results):
    lines = ["| shape | weights | what | threads | moec tok/s | of the machine | llama.cpp tok/s | ratio |",
             "|---|---|---|---|---|---|---|---|"]
    for row in results:
        numbers = {key: f"{row[key]:.1f}" if key in row else "-" for key in ("moec", "peer")}
        ratio = f"**{row['ratio']:.2f}**" if "ratio" in row else "-"
        lines.append(f"| {row['shape']} | {row['width']} | {row['what']} | {row['threads']} | {numbers['moec']} | "
                     f"{describe_share(row)} | {numbers['peer']} | {ratio} |")
    return "\n".join(lines) + "\n"


def plot(results, path):
    try:
        import matplotlib
    except ImportError:
        print("no plot: matplotlib is not installed", file=sys.stderr)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot
    rows = [row for row in results if "ratio" in row]
    figure, axes = pyplot.subplots(figsize=(9, 1 + 0.3 * len(rows)))
    labels = [f"{row['shape']} {row['width']}, {row['what']}, {row['threads']} threads" for row in rows]
    axes.barh(labels, [row["ratio"] for row in rows], color="#3b6ea5")
    axes.axvline(1, color="black", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlabel("moec's rate over llama.cpp's")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    options = parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    threads = [int(t) for t in options.threads.split(",")]
    programs = {"peer": Peer(options), "moec": Moec(options)}
    if options.only:
        programs = {options.only: programs[options.only]}
    if "peer" in programs:
        alone = [width for width in options.widths.split(",") if WIDTHS[width][0] is None]
        if alone:
            sys.exit(f"llama.cpp has no {', '.join(alone)}: measure moec alone with --only moec")
    ceilings, results, starts = get_ceilings(options, threads), [], []
    for shape in options.shapes.split(","):
        for width in options.widths.split(","):
            models = {name: program.model(shape, width, options.work.resolve()) for name, program in programs.items()}
            work = [(f"prefill {p}", int(p), 0, 0, 1) for p in options.prefill.split(",") if p]
            work += [(f"decode 128 at {c}" if c != "0" else "decode 128", 0, 128, int(c), 1) for c in options.decode.split(",") if c]
            work += [(f"decode 128, {b} sequences", 0, 128, 0, int(b)) for b in options.batch.split(",") if b]
            config = json.loads((HERE / "shapes" / f"{shape}.json").read_text())
            if "moec" in programs:
                moec = programs["moec"]
                moec.start(models["moec"], max(threads))  # brings the file into memory
                starts.append((shape, width, moec.start(models["moec"], max(threads)), moec.memory(models["moec"], max(threads))))
                token_bytes = read_token_bytes(programs["moec"].program, models["moec"], context=64)
            for count, ceiling in zip(threads, ceilings):
                for what, prompt, generate, context, batch in work:
                    rates = measure(programs, models, count, prompt, generate, context, batch, options.repetitions)
                    row = {"shape": shape, "width": width, "threads": count, "what": what, **rates}
                    if len(rates) == 2:
                        row["ratio"] = rates["moec"] / rates["peer"]
                    if "moec" in rates and prompt:
                        row["arithmetic"] = 2 * count_multiply_adds(config) * rates["moec"]
                        row["most_arithmetic"] = ceiling["f32_ops_per_second" if width == "bf16" else "int8_ops_per_second"]
                    elif "moec" in rates and batch == 1 and context == 0:
                        row["bytes"], row["most_bytes"] = token_bytes * rates["moec"], ceiling["bytes_per_second"]
                    check_parameters(programs, models)
                    results.append(row)
                    print(json.dumps(row), file=sys.stderr)
    peer = getattr(programs.get("peer"), "version", "")
    for shape, width, seconds, extra in starts:
        print(f"{shape} {width}: first token {seconds:.2f} s after the start, {extra / 1e6:.0f} MB beside the weights")
    print(peer, *[json.dumps(ceiling) for ceiling in ceilings], "", as_markdown(results), sep="\n")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "results.json").write_text(json.dumps({"peer": peer, "ceilings": ceilings, "rows": results}, indent=2) + "\n")
        (options.out / "results.md").write_text(as_markdown(results))
        plot(results, options.out / "results.png")


if __name__ == "__main__":
    try:
        main()
    except PeerFailed as failure:  # where its models are made
        sys.exit(str(failure))
