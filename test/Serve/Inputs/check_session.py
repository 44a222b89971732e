"""Plays a session of an agent that was written by hand over each API with a scripted model: check_session.py SERVER TEMPLATE SESSION FOLDER.

Each turn says what is written, at once and in streams, and the model gets the same prompts over all of them.
"""
import json
import pathlib
import sys

from serving import Server

server, template, session, folder = sys.argv[1:]
SESSION, FOLDER = json.loads(pathlib.Path(session).read_text()), pathlib.Path(folder)
KEY = {"Authorization": "Bearer right"}


def write_script():
    """Rules that give each answer behind what came before it."""
    rules, last = [], None
    for turn in SESSION["turns"]:
        if "user" in turn:
            last = turn["user"]
        else:
            rules.append({"after": last, "say": turn["says"]})
            last = turn.get("results", [None])[-1]
    (FOLDER / "script.json").write_text(json.dumps(rules))


class Chat:
    """OpenAI's chat completions."""

    def __init__(self):
        self.messages = [{"role": "system", "content": SESSION["system"]}]
        self.tools = [{"type": "function", "function": {"name": tool["name"], "description": tool["description"], "parameters": tool["schema"]}} for tool in SESSION["tools"]]

    def say(self, text):
        self.messages.append({"role": "user", "content": text})

    def ask(self, server, is_stream):
        body = {"messages": self.messages, "tools": self.tools}
        if is_stream:
            message = {"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": []}
            for event in read_events(server, "/v1/chat/completions", body):
                for choice in event["choices"]:
                    self.add(message, choice["delta"])
        else:
            message = post(server, "/v1/chat/completions", body)["choices"][0]["message"]
        self.messages.append(message)
        calls = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls") or []]
        return message.get("reasoning_content") or "", message["content"] or "", calls

    @staticmethod
    def add(message, delta):
        for name in ("content", "reasoning_content"):
            message[name] += delta.get(name) or ""
        for call in delta.get("tool_calls", []):
            if call["index"] == len(message["tool_calls"]):
                message["tool_calls"].append({key: value for key, value in call.items() if key != "index"})
            else:
                message["tool_calls"][call["index"]]["function"]["arguments"] += call["function"]["arguments"]

    def give(self, results):
        calls = self.messages[-1]["tool_calls"]
        self.messages += [{"role": "tool", "tool_call_id": call["id"], "content": result} for call, result in zip(calls, results)]


class Messages:
    """Anthropic's messages."""

    def __init__(self):
        self.messages = []
        self.tools = [{"name": tool["name"], "description": tool["description"], "input_schema": tool["schema"]} for tool in SESSION["tools"]]

    def say(self, text):
        self.messages.append({"role": "user", "content": text})

    def ask(self, server, is_stream):
        body = {"max_tokens": 4000, "system": SESSION["system"], "messages": self.messages, "tools": self.tools}
        if is_stream:
            blocks = []
            for event in read_events(server, "/v1/messages", body):
                if event["type"] == "content_block_start":
                    blocks.append(event["content_block"])
                elif event["type"] == "content_block_delta":
                    self.add(blocks[event["index"]], event["delta"])
            for block in blocks:
                if "json" in block:
                    block["input"] = json.loads(block.pop("json"))
        else:
            blocks = post(server, "/v1/messages", body)["content"]
        self.messages.append({"role": "assistant", "content": blocks})
        of = lambda kind, field: "".join(block[field] for block in blocks if block["type"] == kind)
        calls = [(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]
        return of("thinking", "thinking"), of("text", "text"), calls

    @staticmethod
    def add(block, delta):
        for field in ("text", "thinking", "signature"):
            if field in delta:
                block[field] += delta[field]
        if "partial_json" in delta:
            block["json"] = block.get("json", "") + delta["partial_json"]

    def give(self, results):
        uses = [block for block in self.messages[-1]["content"] if block["type"] == "tool_use"]
        self.messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": use["id"], "content": result} for use, result in zip(uses, results)]})


class Responses:
    """OpenAI's responses."""

    def __init__(self):
        self.input = []
        self.tools = [{"type": "function", "name": tool["name"], "description": tool["description"], "parameters": tool["schema"]} for tool in SESSION["tools"]]

    def say(self, text):
        self.input.append({"role": "user", "content": text})

    def ask(self, server, is_stream):
        body = {"instructions": SESSION["system"], "input": self.input, "tools": self.tools}
        if is_stream:
            events = read_events(server, "/v1/responses", body)
            items = events[-1]["response"]["output"]
            assert events[-1]["type"] == "response.completed", events[-1]
            assert [event["sequence_number"] for event in events] == list(range(len(events)))
            assert [event["item"] for event in events if event["type"] == "response.output_item.done"] == items
        else:
            items = post(server, "/v1/responses", body)["output"]
        self.input += items
        of = lambda kind: "".join(part["text"] for item in items if item["type"] == kind for part in item["content"])
        self.calls = [item for item in items if item["type"] == "function_call"]
        return of("reasoning"), of("message"), [(call["name"], json.loads(call["arguments"])) for call in self.calls]

    def give(self, results):
        self.input += [{"type": "function_call_output", "call_id": call["call_id"], "output": result} for call, result in zip(self.calls, results)]


def post(server, path, body):
    return server.post(path, body, **KEY)


def read_events(server, path, body):
    status, _, data = server.request("POST", path, {**body, "stream": True}, KEY)
    assert status == 200, (status, data)
    lines = [line[6:] for line in data.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def play(api, is_stream):
    """The prompts of a session."""
    prompts = FOLDER / "prompts.txt"
    client = api()
    with Server(None, command=[server, template, FOLDER / "script.json", prompts]) as running:
        for number, turn in enumerate(SESSION["turns"]):
            if "user" in turn:
                client.say(turn["user"])
                continue
            got = client.ask(running, is_stream)
            assert got == (turn["thoughts"], turn["text"], [tuple(call) for call in turn["calls"]]), (api, is_stream, number, got)
            if turn["calls"]:
                client.give(turn["results"])
    return [json.loads(line) for line in prompts.read_text().splitlines()]


FOLDER.mkdir(exist_ok=True)
write_script()
first = None
for api in (Chat, Messages, Responses):
    for is_stream in (False, True):
        prompts = play(api, is_stream)
        first = first or prompts
        assert len(prompts) == sum("says" in turn for turn in SESSION["turns"])
        for number, (one, other) in enumerate(zip(first, prompts)):
            assert one == other, (api.__name__, is_stream, number, one, other)
print("the session is the same over each API")
