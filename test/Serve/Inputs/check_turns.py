"""Turns of a chat with a model that has recurrent states, by a template that leaves out what was thought: check_turns.py MODEL.

The second turn goes on from the state at the end of the first user's message, and says what it would say without the cache.
"""
import sys

from serving import Server

BLOCK = 64


def common(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def ids_of(server, messages):
    return server.post("/tokenize", {"messages": messages})["tokens"]


def long_question(server):
    """One whose prompt has a block that ends behind the question, within what opens the answer."""
    for count in range(60, 400):
        messages = [{"role": "user", "content": "What does it say? " * 10 + "The " + "and the " * count}]
        ids = ids_of(server, messages)
        answered = messages + [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]
        if common(ids, ids_of(server, answered)) // BLOCK < (len(ids) - 1) // BLOCK:
            return messages
    raise AssertionError("no question of that length")


def ask(server, messages):
    answer = server.post("/v1/chat/completions", {"messages": messages, "max_tokens": 24, "temperature": 0, "ignore_eos": True})
    return answer["choices"][0]["message"]["content"], answer["usage"]["prompt_tokens_details"]["cached_tokens"]


def talk(*options):
    """The answers of three turns, and what the cache had of each."""
    with open(f"{sys.argv[1]}.log", "w") as log, Server(sys.argv[1], *options, log=log) as server:
        messages, turns = long_question(server), []
        for question in ("And then?", "Why is that so?", None):
            text, cached = ask(server, messages)
            before = ids_of(server, messages)
            messages = messages + [{"role": "assistant", "content": "It says so."}, {"role": "user", "content": question or "-"}]
            turns.append((text, cached, common(before, ids_of(server, messages))))
        return turns, server.metrics()


turns, metrics = talk()
for (_, _, branch), (_, cached, _) in zip(turns, turns[1:]):
    assert branch > BLOCK and cached == branch // BLOCK * BLOCK, turns
assert metrics["moec:prefix_cache_snapshots"] >= 2, metrics
assert 0 < metrics["moec:prefix_cache_snapshot_bytes"] < metrics["moec:prefix_cache_bytes"], metrics
assert metrics["vllm:prefix_cache_hits_total"] == sum(cached for _, cached, _ in turns), metrics
plan = open(f"{sys.argv[1]}.log").read()
assert "for snapshots" in plan and "snapshots every" in plan, plan
without, metrics = talk("--prefix-cache", "off")
assert [text for text, _, _ in without] == [text for text, _, _ in turns], (without, turns)
assert not any(cached for _, cached, _ in without) and metrics["moec:prefix_cache_snapshots"] == 0, without
print("each turn goes on where the one before branches off")
