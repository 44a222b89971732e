#!/usr/bin/env python3
"""Conversations of an agent as a model's template writes them, and what a prefix cache can have of them at best.

    agent_trace.py make PROGRAM TEMPLATE OUT [--tokens 1000000] [--sessions 4] [--seed 1]
    agent_trace.py oracle TRACE MODEL MEMORY [--program moec-run]
    agent_trace.py play TRACE MODEL MEMORY [--program moec-run] [--at-least SHARE] [--option=...]

`make` writes a workload of `bench-serve`: the calls of SESSIONS conversations at a time that begin alike, with tools, their
results, reasoning, and several messages of a user, until their prompts have TOKENS tokens, which are the bytes of the texts.
PROGRAM (moec-run) renders them by TEMPLATE, a folder of a model or a file, so it decides which prompt begins with
which. A call's answer stands in the next call's prompt where the template writes it again as it was.

`oracle` counts the tokens that a cache of MEMORY bytes could have had that knows what comes: for each conversation it keeps
all rows of its caches and one state, at the very token where the next call goes on, of what all begin with another one, and
if memory is short it gives up what is needed last. MODEL, a compiled one, says how much a row and a state take.

`play` runs the trace with --prefix-cache MEMORY and compares; it fails below SHARE of what the oracle has. It says how
large the process was after each quarter of the time.
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

WORDS = ("parse buffer index table report module value error result stream config test build server client cache node "
         "list token state query branch merge input output thread path file line name type call return").split()  # fmt: skip
TOOLS = [
    {"type": "function", "function": {"name": name, "description": about, "parameters": {
        "type": "object", "properties": {key: {"type": "string", "description": f"The {key}."} for key in keys},
        "required": keys}}}
    for name, about, keys in (
        ("read_file", "Reads a file of the project.", ["path"]), ("search", "Searches the project.", ["pattern", "path"]),
        ("run", "Runs a command in the project's folder.", ["command"]),
        ("edit", "Replaces a text in a file.", ["path", "old", "new"]))
]  # fmt: skip
SYSTEM = "You work on a project with the tools that you have. " * 30


class Writer:
    """Messages of one conversation."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, least, most):
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(least, most) // 6))

    def chats(self):
        """The messages before each call, the answer to it, and whether a user has just spoken."""
        messages = [{"role": "system", "content": SYSTEM}]
        for _ in range(self.random.randint(2, 3)):
            messages.append({"role": "user", "content": self.text(60, 400)})
            for call in range(self.random.randint(3, 6), -1, -1):
                answer = {"role": "assistant", "reasoning_content": self.text(60, 300), "content": self.text(30, 200)}
                if call:
                    answer["tool_calls"] = [{"type": "function", "function": {
                        "name": "run", "arguments": {"command": self.text(20, 80)}}}]  # fmt: skip
                yield list(messages), answer
                messages.append(answer)
                if call:
                    messages.append({"role": "tool", "content": self.text(200, 900)})


def render(program, template, chats):
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "chats.json"
        data.write_text(json.dumps(chats))
        done = subprocess.run([program, "template", template, "--json", data], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    texts = json.loads(done.stdout)
    for text in texts:
        if not isinstance(text, str):
            sys.exit(f"the template refuses a chat: {text}")
    return [text.encode() for text in texts]


def common(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def calls_of(program, template, session, seed):
    """The calls of a conversation."""
    chats, pairs = [], list(Writer(seed).chats())
    for messages, answer in pairs:
        end = max(i for i, message in enumerate(messages) if message["role"] == "user")
        following = [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]
        for part, begins in (messages, True), (messages + [answer], False), (messages[: end + 1] + following, True):
            chats.append({"messages": part, "tools": TOOLS, "add_generation_prompt": begins})
    texts = render(program, template, chats)
    before, calls = (b"", 0), []
    for prompt, answered, turn in zip(texts[0::3], texts[1::3], texts[2::3]):
        keep = common(before[0], prompt)
        whole = before[1] and prompt.startswith(before[0])
        kept = min(len(before[0]), keep) if whole else min(keep, len(before[0]) - before[1])
        if not answered.startswith(prompt):
            sys.exit("the template does not write an answer behind the prompt")
        answer = answered[len(prompt) :]
        call = {"session": session, "output_tokens": len(answer), "turn_end": common(prompt, turn)}
        if whole:  # what was rendered for the prompt and its answer begins this one
            call |= {"keep": len(before[0]) - before[1], "answer": True, "append": list(prompt[len(before[0]) :])}
        else:
            call |= {"keep": kept, "answer": False, "append": list(prompt[kept:])}
        calls.append(call)
        before = (answered, len(answer))
    return calls


def make(options):
    drawn, trace, total, session, live = random.Random(options.seed), [], 0, 0, []
    lengths = {}
    while total < options.tokens:
        while len(live) < options.sessions:
            live.append(calls_of(options.program, options.template, session, options.seed * 1000 + session))
            session += 1
        calls = drawn.choice(live)
        call = calls.pop(0)
        prompt, answer = lengths.get(call["session"], (0, 0))
        length = call["keep"] + call["answer"] * answer + len(call["append"])
        lengths[call["session"]] = length, call["output_tokens"]
        total += length
        trace.append(call)
        if not calls:
            live.remove(calls)
    Path(options.out).write_text(json.dumps({"clients": [1], "trace": trace}) + "\n")
    print(f"{len(trace)} calls of {session} conversations, {total} tokens in prompts")


def unit_bytes(program, model):
    """Bytes of a row of all pools of pages, and of a state."""
    row = state = 0
    lines = subprocess.run([program, "inspect", model], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in lines:
        words = line.split()
        if len(words) == 5 and words[0].isdigit() and words[1] == "Paged":
            row += int(words[4]) // int(words[2])
        elif len(words) == 5 and words[0].isdigit() and words[1] == "Slots":
            state += int(words[4])
    return row, state


def oracle(trace, row, state, memory):
    """Tokens that the best cache has of the prompts, and their number."""
    uses, prompts = {}, {}
    for index, call in enumerate(trace):
        uses.setdefault(call["session"], []).append(index)
    firsts = [bytes(trace[indices[0]]["append"]) for indices in uses.values()]
    shared = min((common(firsts[0], first) for first in firsts[1:]), default=0)
    resident, hits, total = {}, 0, 0
    for index, call in enumerate(trace):
        session = call["session"]
        uses[session].pop(0)
        prompt, answer = prompts.get(session, (0, 0))
        begin = call["keep"] + call["answer"] * answer
        length = begin + len(call["append"])
        prompts[session] = length, call["output_tokens"]
        total += length
        known = begin if session in resident else shared if index else 0
        hits += min(known, length - 1)
        resident[session] = length + call["output_tokens"]

        def size():
            own = sum(tokens - shared for tokens in resident.values())
            return (own + shared) * row + (len(resident) + 1) * state

        while len(resident) > 1 and size() > memory:
            del resident[max(resident, key=lambda one: uses[one][0] if uses[one] else len(trace))]
    return hits, total


def play(options):
    trace = json.loads(Path(options.trace).read_text())["trace"]
    best, total = oracle(trace, *unit_bytes(options.program, options.model), options.memory)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [options.program, "bench-serve", options.model, "--workload", options.trace, "--json", str(report),
                   "--prefix-cache", f"{options.memory}b", *options.option]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        sizes = []

        def watch():
            while process.poll() is None:
                try:
                    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
                    sizes.append(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")))
                except (OSError, StopIteration):
                    pass
                time.sleep(0.2)

        watcher = threading.Thread(target=watch)
        watcher.start()
        output = process.communicate()[0]
        watcher.join()
        if process.returncode:
            sys.exit(output)
        run = json.loads(report.read_text())[0]
    hits = run["total_cached_tokens"]
    print(f"{total} tokens in {len(trace)} prompts, of which the cache had {hits} and an oracle {best}: {hits / best:.4f}")
    quarters = [sizes[min(len(sizes) - 1, len(sizes) * part // 4)] for part in (1, 2, 3, 4)] if sizes else []
    print(f"resident kB after each quarter of {run['duration']:.1f} s: {quarters}; time to first token in the median "
          f"{run['ttft_ms']['median']:.1f} ms")  # fmt: skip
    if hits < options.at_least * best:
        sys.exit(f"the cache has less than {options.at_least} of what it could have")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make")
    for name in ("program", "template", "out"):
        maker.add_argument(name)
    maker.add_argument("--tokens", type=int, default=1_000_000)
    maker.add_argument("--sessions", type=int, default=4)
    maker.add_argument("--seed", type=int, default=1)
    for name in ("oracle", "play"):
        command = commands.add_parser(name)
        for argument in ("trace", "model"):
            command.add_argument(argument)
        command.add_argument("memory", type=int)
        command.add_argument("--program", default="moec-run")
    command.add_argument("--at-least", type=float, default=0)
    command.add_argument("--option", action="append", default=[])
    options = parser.parse_args()
    if options.command == "make":
        make(options)
    elif options.command == "play":
        play(options)
    else:
        trace = json.loads(Path(options.trace).read_text())["trace"]
        best, total = oracle(trace, *unit_bytes(options.program, options.model), options.memory)
        print(f"{best} of {total} tokens")


if __name__ == "__main__":
    main()
