#!/usr/bin/env python3
"""`moec-run serve` beside llama-server, and beside the engine without HTTP.

The same random weights, slots, context, threads and vocabulary, the same requests (`bench-serve`, workload chat), the programs
taking turns; medians. Then, of moec alone: the time to the first token of one client beside what `bench` takes to read that
prompt, and the longest gap in a running stream while a prompt of 4,096 tokens is read beside a step of as many rows. Prints
tables; --out writes them as JSON and Markdown.
"""
import argparse
import contextlib
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

from vs_llama_cpp import ROOT, WIDTHS, Moec, Peer

PROMPT, ANSWER = 256, 128  # of workload chat


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release", help="build folder of moec (%(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "vs_llama_cpp", help="where models are kept (30 GB)")
    parser.add_argument("--peer-run", default="", help="command that runs llama.cpp's programs and a python3 with gguf")
    parser.add_argument("--peer-path", default="", help="what --peer-run wants before the name of a file of this machine")
    parser.add_argument("--shape", default="gpt-oss-20b-4layers")
    parser.add_argument("--width", default="mxfp4", help="of " + ", ".join(width for width in WIDTHS if WIDTHS[width][0] is not None))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clients", default="8,32", help="how many, several")
    parser.add_argument("--requests", type=int, default=96)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--out", type=pathlib.Path, help="folder for serve.json and serve.md")
    parser.add_argument("--only", choices=["moec"], help="leave llama.cpp out")
    return parser.parse_args()


class Bench:
    """Runs of moec's programs on one model."""

    def __init__(self, options, model):
        self.program, self.threads, self.model = options.build / "bin" / "moec-run", options.threads, model
        self.report = model.with_suffix(".json")

    def run(self, command, *arguments):
        subprocess.run([self.program, command, *map(str, arguments), "--json", self.report], check=True, stdout=subprocess.DEVNULL)
        return json.loads(self.report.read_text())

    def load(self, target, clients, requests):
        """One run of closed-loop clients against a server, or against the model in a process without HTTP."""
        own = [] if str(target).startswith("http") else ["--threads", self.threads, "--max-sequences", clients]
        return self.run("bench-serve", target, "--workload", "chat", "--clients", clients, "--requests", requests, *own)[0]

    def step(self, prompt, generate=1):
        """What `bench` says of a prompt and of decoding after it."""
        return self.run("bench", self.model, "--threads", self.threads, "--prompt-tokens", prompt, "--generate-tokens", generate)[0]

    @contextlib.contextmanager
    def start_server(self, slots):
        command = [self.program, "serve", self.model, "--port", "0", "--threads", str(self.threads), "--max-sequences", str(slots)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            yield re.search(r"http://\S+", server.stdout.readline()).group().rstrip("/")
        finally:
            server.terminate()
            server.wait()


def measure_load(options, bench, peer, peer_model):
    """Rates by number of clients and program."""
    rows = []
    for clients in map(int, options.clients.split(",")):
        runs = {"in process": [], "http": [], "llama-server": []}
        for _ in range(options.repetitions):
            runs["in process"].append(bench.load(bench.model, clients, options.requests))
            with bench.start_server(clients) as address:
                runs["http"].append(bench.load(address, clients, options.requests))
            if peer:
                # A slot holds a prompt, its answer and what a batch may look ahead.
                with peer.start_server(peer_model, options.threads, clients, 2 * (PROMPT + ANSWER)) as address:
                    runs["llama-server"].append(bench.load(address, clients, options.requests))
            print(clients, {name: f"{some[-1]['output_throughput']:.1f}" for name, some in runs.items() if some}, file=sys.stderr)
        for name, some in runs.items():
            if some:
                rows.append({"clients": clients, "what": name, "rates": sorted(run["output_throughput"] for run in some),
                             "ttft_ms": statistics.median(run["ttft_ms"]["median"] for run in some),
                             "own_cpu_share": statistics.median(run["own_cpu_seconds"] / run["duration"] for run in some)})
    return rows


def stream(address, prompt, tokens, times):
    """Times at which the pieces of an answer come; the first is when the request is sent."""
    host = address.split("//")[1]
    connection = http.client.HTTPConnection(host)
    connection.connect()
    body = {"prompt": prompt, "max_tokens": tokens, "ignore_eos": True, "temperature": 0, "stream": True}
    body["model"] = model_name(host)
    times.append(time.monotonic())
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        sys.exit(f"{address}: status {answer.status}: {answer.read().decode()}")
    while line := answer.readline():
        if line.startswith(b"data: {"):
            times.append(time.monotonic())


def model_name(host):
    connection = http.client.HTTPConnection(host)
    connection.request("GET", "/v1/models")
    return json.loads(connection.getresponse().read())["data"][0]["id"]


def draw(count, seed):
    """Ids that no other request has."""
    return [100 + (seed * 7919 + place * 104729) % 900 for place in range(count)]


def warm_up(address, seconds=15):
    """Until the weights are in memory, in large pages, as `bench` has them when it measures."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stream(address, draw(64, int(end - time.monotonic()) + 1000), 1, [])


def measure_first_token(bench, lengths=(64, 512, 2048), repetitions=7):
    rows = []
    with bench.start_server(slots=8) as address:
        warm_up(address)
        for length in lengths:
            firsts = []
            for number in range(repetitions):
                times = []
                stream(address, draw(length, number), 1, times)
                firsts.append(1000 * (times[1] - times[0]))
            rows.append({"prompt": length, "ttft_ms": statistics.median(firsts)})
    for row in rows:
        row["prefill_ms"] = 1000 * row["prompt"] / bench.step(row["prompt"])["prefill_tokens_per_second"]
    return rows


def measure_gap(bench, step_tokens, prompt=4096, repetitions=3):
    """The longest gap of a stream while a prompt is read, and the longest step that it takes: the last full one, which sees all
    before it. A row of each step is the stream's."""
    gaps = []
    with bench.start_server(slots=8) as address:
        warm_up(address)
        for number in range(repetitions):
            times = []
            running = threading.Thread(target=stream, args=(address, draw(64, number), 250, times))
            running.start()
            while len(times) < 20:
                if not running.is_alive():
                    sys.exit(f"{address}: the stream ended after {len(times)} pieces")
                time.sleep(0.01)
            stream(address, draw(prompt, 100 + number), 1, [])
            running.join()
            gaps.append(1000 * max(after - before for before, after in zip(times[1:], times[2:])))
    chunk = min(step_tokens - 1, prompt)
    end = prompt // chunk * chunk
    whole, before = (1000 * length / bench.step(length)["prefill_tokens_per_second"] if length else 0 for length in (end, end - chunk))
    decode = 1000 / bench.step(64, 32)["decode_tokens_per_second"]
    return {"prompt": prompt, "gap_ms": statistics.median(gaps), "step_ms": whole - before, "decode_ms": decode}


def as_markdown(rows, firsts, gap):
    lines = ["| clients | what | output tok/s (least … most) | of in process | of llama-server | TTFT, ms | load generator's CPUs |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        rate = statistics.median(row["rates"])
        def ratio(what):
            others = [statistics.median(other["rates"]) for other in rows if other["clients"] == row["clients"] and other["what"] == what]
            return f"{rate / others[0]:.2f}" if others else "-"
        lines.append(f"| {row['clients']} | {row['what']} | {rate:.1f} ({row['rates'][0]:.1f} … {row['rates'][-1]:.1f}) | "
                     f"{ratio('in process')} | {ratio('llama-server')} | {row['ttft_ms']:.0f} | {row['own_cpu_share']:.3f} |")
    lines += ["", "| prompt | first token, ms | `bench` reads it in, ms | more, ms |", "|---|---|---|---|"]
    lines += [f"| {row['prompt']} | {row['ttft_ms']:.1f} | {row['prefill_ms']:.1f} | {row['ttft_ms'] - row['prefill_ms']:.1f} |"
              for row in firsts]
    lines += ["", f"Longest gap of a stream while a prompt of {gap['prompt']} is read: {gap['gap_ms']:.0f} ms; the last step of that "
              f"prompt {gap['step_ms']:.0f} ms, one that decodes {gap['decode_ms']:.0f} ms: "
              f"{gap['gap_ms'] / (gap['step_ms'] + gap['decode_ms']):.2f} of both."]
    return "\n".join(lines) + "\n"


def main():
    options = parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    moec = Moec(options)
    bench = Bench(options, moec.model(options.shape, options.width, options.work.resolve()))
    peer = None if options.only else Peer(options)
    peer_model = peer and peer.model(options.shape, options.width, options.work.resolve())
    rows = measure_load(options, bench, peer, peer_model)
    text = subprocess.run([bench.program, "inspect", bench.model], check=True, capture_output=True, text=True).stdout
    firsts, gap = measure_first_token(bench), measure_gap(bench, step_tokens=int(re.search(r"^step +at most (\d+)", text, re.MULTILINE).group(1)))
    print(as_markdown(rows, firsts, gap))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "serve.json").write_text(json.dumps({"load": rows, "first_token": firsts, "gap": gap}, indent=2) + "\n")
        (options.out / "serve.md").write_text(as_markdown(rows, firsts, gap))


if __name__ == "__main__":
    main()
