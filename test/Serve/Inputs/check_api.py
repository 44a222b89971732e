"""What a client gets for its text: check_api.py MODEL."""
import json
import sys

from serving import Server, wait_until

PROMPT = "And the Lord said unto"
CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"


def body(path, **fields):
    start = {"messages": [{"role": "user", "content": PROMPT}]} if path == CHAT else {"prompt": PROMPT}
    return {"model": "bible", "max_tokens": 12, "temperature": 0, **start, **fields}


def generate(server, path, streamed, **fields):
    """Choices as (text, finish_reason, stop_reason, log probabilities), and the usage."""
    request = body(path, **fields)
    if not streamed:
        answer = server.post(path, request)
        kind = "chat.completion" if path == CHAT else "text_completion"
        assert answer["object"] == kind and answer["model"] == "bible", answer
        choices = []
        for number, choice in enumerate(answer["choices"]):
            assert choice["index"] == number
            text = choice["message"]["content"] if path == CHAT else choice["text"]
            choices.append((text, choice["finish_reason"], choice["stop_reason"], choice["logprobs"]))
        return choices, answer["usage"]
    events = server.stream(path, {**request, "stream_options": {"include_usage": True}})
    assert len({event["id"] for event in events}) == 1
    assert events[-1]["choices"] == [] and all(event["usage"] is None for event in events[:-1])
    choices = {}
    for event in events[:-1]:
        (choice,) = event["choices"]
        piece = choice["delta"].get("content", "") if path == CHAT else choice["text"]
        if choice["index"] not in choices and path == CHAT:
            assert choice["delta"] == {"role": "assistant", "content": ""}, choice
        text, reason, stop, lists = choices.get(choice["index"], ("", None, None, None))
        assert reason is None, "nothing follows the end"
        for key, values in (choice["logprobs"] or {}).items():
            lists = lists or {}
            lists[key] = lists.get(key, []) + values
        choices[choice["index"]] = text + piece, choice["finish_reason"], choice.get("stop_reason"), lists
    return [choices[number] for number in sorted(choices)], events[-1]["usage"]


def both(server, path, **fields):
    """What generate gives, which must be the same for a stream, but for what the second finds in the prefix cache."""
    whole = generate(server, path, False, **fields)
    streamed = generate(server, path, True, **fields)
    cached, found = (usage.pop("prompt_tokens_details")["cached_tokens"] for _, usage in (whole, streamed))
    assert cached <= found < whole[1]["prompt_tokens"], (cached, found, whole)
    assert whole == streamed, f"{path} {fields}: {whole} is no {streamed}"
    return whole


def check_endpoint(server, path):
    asked = {"logprobs": True, "top_logprobs": 2} if path == CHAT else {"logprobs": 2}
    ((text, reason, stop, lists),), usage = both(server, path, **asked)
    assert (reason, stop) == ("length", None) and usage["completion_tokens"] == 12, usage
    assert usage["total_tokens"] == usage["prompt_tokens"] + 12
    if path == CHAT:
        raw = b"".join(bytes(entry["bytes"]) for entry in lists["content"])
        assert raw.decode() == text, (raw, text)
        # The likeliest token is the one that temperature 0 takes.
        assert all(e["logprob"] == e["top_logprobs"][0]["logprob"] >= e["top_logprobs"][1]["logprob"]
                   for e in lists["content"])
    else:
        assert "".join(lists["tokens"]) == text
        assert lists["text_offset"] == [sum(map(len, lists["tokens"][:i])) for i in range(12)]
        assert all(max(top.values()) == chosen
                   for top, chosen in zip(lists["top_logprobs"], lists["token_logprobs"]))

    # A stop string may begin and end within tokens, and lie over several.
    for start in range(1, len(text) - 7, 6):
        stop = text[start : start + 7]
        before = text[: text.index(stop)]
        ((got, reason, why, _),), _ = both(server, path, stop=[stop, "never"])
        assert (got, reason, why) == (before, "stop", stop), (got, reason, why)
    ((got, _, _, _),), _ = both(server, path, stop=stop, include_stop_str_in_output=True)
    assert got == before + stop
    ((got, reason, _, _),), _ = both(server, path, stop=stop, min_tokens=12)
    assert (got, reason) == (text, "length"), "no stop before min_tokens"

    # A seed a choice: number i has the seed + i.
    several, usage = both(server, path, n=3, seed=5, temperature=1)
    assert usage["completion_tokens"] <= 36 and len(several) == 3
    for number, choice in enumerate(several):
        assert generate(server, path, False, seed=5 + number, temperature=1)[0] == [choice]


def check_tokens(server):
    def tokenize(text, **fields):
        return server.post("/tokenize", {"prompt": text, **fields})["tokens"]

    ids = tokenize(PROMPT, add_special_tokens=False)
    assert server.post("/detokenize", {"tokens": ids}) == {"prompt": PROMPT}
    (by_text,), _ = both(server, COMPLETIONS)
    (by_ids,), _ = both(server, COMPLETIONS, prompt=ids)
    assert by_text == by_ids
    choices, usage = both(server, COMPLETIONS, prompt=[ids, ids[:2]])
    assert choices[0] == by_text and usage["prompt_tokens"] == len(ids) + 2

    (comma,) = tokenize(",", add_special_tokens=False)
    ((text, reason, why, _),), _ = both(server, COMPLETIONS, stop_token_ids=[comma])
    assert (text, reason, why) == (by_text[0].split(",")[0], "stop", comma), (text, reason, why)
    ((text, _, _, _),), _ = both(server, COMPLETIONS, logit_bias={str(comma): 100})
    assert text == "," * 12, text
    ((text, _, _, _),), _ = both(server, COMPLETIONS, logit_bias={str(comma): -100})
    assert "," not in text

    # Characters over several tokens: any of the bytes of one, equally likely, which are not always one.
    parts = tokenize("é", add_special_tokens=False)
    assert len(parts) > 1, "the tokenizer has é as one token; take another character"
    bias = {str(part): 100 for part in parts}
    seen = set()
    for seed in range(3):
        ((text, _, _, lists),), _ = both(server, CHAT, logit_bias=bias, top_k=len(parts), temperature=1000, seed=seed,
                                         logprobs=True)
        raw = b"".join(bytes(entry["bytes"]) for entry in lists["content"])
        assert raw.decode(errors="replace") == text, (raw, text)
        seen |= set(text)
    assert "é" in seen, seen


def check_echo(server):
    # What lm-eval asks for.
    fields = {"echo": True, "logprobs": 1, "max_tokens": 0}
    ((text, reason, _, alone),), usage = both(server, COMPLETIONS, **fields)
    assert (text, reason, usage["completion_tokens"]) == (PROMPT, "length", 0), (text, reason, usage)
    ((text, _, _, lists),), _ = both(server, COMPLETIONS, **{**fields, "max_tokens": 1})
    assert text.startswith(PROMPT) and "".join(lists["tokens"]) == text
    assert lists["token_logprobs"][0] is None and lists["top_logprobs"][0] is None
    assert all(value < 0 for value in lists["token_logprobs"][1:])
    assert {key: values[:-1] for key, values in lists.items()} == alone
    answer = server.post(COMPLETIONS, body(COMPLETIONS, prompt_logprobs=0))
    prompt = answer["choices"][0]["prompt_logprobs"]
    assert [next(iter(e.values()))["logprob"] for e in prompt[1:]] == alone["token_logprobs"][1:]


def check_leaving(server):
    """A client that leaves has its text cancelled, whether it streams or not."""
    for streamed in (False, True):
        before = server.metrics()["vllm:generation_tokens_total"]
        data = json.dumps(body(COMPLETIONS, max_tokens=3000, ignore_eos=True, stream=streamed))
        client = server.connect()
        client.sendall(f"POST {COMPLETIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(data)}\r\n\r\n{data}".encode())
        wait_until(lambda: server.metrics()["vllm:generation_tokens_total"] > before + 1)
        client.close()
        wait_until(lambda: server.metrics()["vllm:num_requests_running"] == 0)
        after = server.metrics()["vllm:generation_tokens_total"]
        assert after < before + 1000, "it ran on"


def check_messages(server):
    """Anthropic's API says what OpenAI's says, whole and as a stream."""
    chat = server.post(CHAT, body(CHAT))
    request = {k: v for k, v in body(CHAT).items() if k != "model"}
    whole = server.post("/v1/messages", request)
    (block,) = whole["content"]
    assert block == {"type": "text", "text": chat["choices"][0]["message"]["content"]}, whole
    assert (whole["role"], whole["model"], whole["stop_reason"]) == ("assistant", "bible", "max_tokens"), whole
    usage = whole["usage"]
    prompt = usage["input_tokens"] + usage["cache_read_input_tokens"]
    assert (prompt, usage["output_tokens"]) == (chat["usage"]["prompt_tokens"], 12), usage
    assert server.post("/v1/messages/count_tokens", request) == {"input_tokens": prompt}
    status, headers, data = server.request("POST", "/v1/messages", {**request, "stream": True})
    assert status == 200 and headers["Content-Type"].startswith("text/event-stream"), headers
    events = [event.split("\ndata: ") for event in data.decode().split("\n\n")[:-1]]
    assert all(name == "event: " + json.loads(event)["type"] for name, event in events), events
    events = [json.loads(event) for _, event in events]
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    assert text == block["text"], events
    assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"], events
    status, error = server.refused("/v1/messages", {"messages": []})
    assert status == 400 and error["type"] == "invalid_request_error", error


def check_errors(server):
    status, error = server.refused(COMPLETIONS, body(COMPLETIONS, model="x"))
    assert (status, error["code"], error["param"]) == (404, "model_not_found", "model"), error
    status, error = server.refused(COMPLETIONS, body(COMPLETIONS, max_tokens=1000000))
    assert (status, error["code"]) == (400, "context_length_exceeded"), error
    assert "1000000" in error["message"] and "4096" in error["message"], error
    # What the engine refuses.
    status, error = server.refused(COMPLETIONS, body(COMPLETIONS, prompt=[1000000]))
    assert status == 400 and "1000000" in error["message"], error
    status, error = server.refused(CHAT, body(CHAT, response_format={"type": "json_object"}))
    assert status == 400 and error["param"] == "response_format", error
    # Sampling goes on in the same way after all that.
    assert server.metrics()["vllm:num_requests_waiting"] == 0


def main():
    log = sys.argv[1] + ".log"
    with Server(sys.argv[1], "--served-model-name", "bible", "--access-log", log) as server:
        models = json.loads(server.request("GET", "/v1/models")[2])
        assert [(m["id"], m["max_model_len"]) for m in models["data"]] == [("bible", 4096)], models
        for path in (COMPLETIONS, CHAT):
            check_endpoint(server, path)
        check_tokens(server)
        check_echo(server)
        check_leaving(server)
        check_messages(server)
        check_errors(server)
    lines = [json.loads(line) for line in open(log)]
    left = [line for line in lines if line["reason"] == "the client left"]
    assert len(left) == 2 and all(line["completion_tokens"] > 0 for line in left), left
    assert {line["status"] for line in lines} == {200, 400, 404, 499}, lines
    print(f"{len(lines)} requests as they should be")


if __name__ == "__main__":
    main()
