"""Log-likelihoods as lm-eval asks for them, beside `moec eval`: check_loglikelihood.py MODEL TEXT FOLDER."""
import json
import math
import pathlib
import subprocess
import sys

from serving import Server

model, text, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
WINDOW = 64

folder.mkdir(parents=True, exist_ok=True)
excerpt = folder / "excerpt.txt"
excerpt.write_text(text.read_text()[:3000])
figures = folder / "figures.json"
subprocess.run(["moec-run", "eval", model, "--text", str(excerpt), "--window", str(WINDOW), "--json", str(figures)], check=True, stdout=subprocess.DEVNULL)

with Server(model, "--served-model-name", "m") as server:
    ids = server.post("/tokenize", {"model": "m", "prompt": excerpt.read_text(), "add_special_tokens": False})["tokens"]
    windows = [ids[start:start + WINDOW] for start in range(0, len(ids), WINDOW)]
    windows = [window for window in windows if len(window) > 1]
    # Prompts as ids, several in a request, and one token that nobody asked for: the last of each list.
    answer = server.post("/v1/completions", {"model": "m", "prompt": windows, "echo": True, "max_tokens": 1, "logprobs": 1, "temperature": 0})
    total, count = 0, 0
    for window, choice in zip(windows, answer["choices"], strict=True):
        lists = choice["logprobs"]
        assert len(lists["tokens"]) == len(window) + 1 and lists["token_logprobs"][0] is None
        for logprob, top in zip(lists["token_logprobs"][1:-1], lists["top_logprobs"][1:-1], strict=True):
            assert logprob <= max(top.values()) and logprob <= 0
            total, count = total + logprob, count + 1

expected = json.loads(figures.read_text())
perplexity = expected["perplexity"] if "perplexity" in expected else expected["a"]["perplexity"]
print(f"{count} tokens, perplexity {math.exp(-total / count):.6f}, eval says {perplexity:.6f}")
assert abs(math.exp(-total / count) / perplexity - 1) < 1e-5
print("log-likelihoods agree")
