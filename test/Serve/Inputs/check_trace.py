"""Replays what a client was recorded to ask: check_trace.py SERVER TEMPLATE TRACE FOLDER.

Each request goes to a scripted model as it was recorded, and its conversation over the other APIs, at once and in streams. The model
gets the same prompts over all of them, and all say what the model said.
"""
import json
import pathlib
import sys

from serving import Server

server, template, trace, folder = sys.argv[1:]
TRACE, FOLDER = json.loads(pathlib.Path(trace).read_text()), pathlib.Path(folder)
KEY = {"Authorization": "Bearer right"}


def text_of(content, between="\n"):
    return content if isinstance(content, str) else between.join(part["text"] for part in content)


class Talk:
    """A conversation that no API has written: what who says, thinks, calls and gives."""

    def __init__(self):
        self.system, self.tools, self.turns = "", [], []

    def turn(self, role, joins):
        if not (joins and self.turns and self.turns[-1]["role"] == role):
            self.turns.append({"role": role, "text": "", "thoughts": "", "calls": []})
        return self.turns[-1]

    def say(self, role, text, joins=True):
        turn = self.turn(role, joins)
        turn["text"] += (turn["text"] and "\n") + text

    def give(self, call, result):
        self.turns.append({"role": "tool", "call": call, "text": result})

    def joined(self):
        """As Anthropic's API takes it, where messages in a row are one turn."""
        talk = Talk()
        talk.system, talk.tools = self.system, self.tools
        for turn in self.turns:
            if turn["role"] == "user" and talk.turns and talk.turns[-1]["role"] == "user":
                talk.turns[-1] = {**turn, "text": talk.turns[-1]["text"] + "\n" + turn["text"]}
            else:
                talk.turns.append(turn)
        return talk


class Messages:
    path, history = "/v1/messages", "messages"

    @staticmethod
    def read(body):
        talk = Talk()
        talk.system = text_of(body["system"])
        talk.tools = [(tool["name"], tool["description"], tool["input_schema"]) for tool in body["tools"]]
        for message in body["messages"]:
            blocks = message["content"]
            blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
            # What the system says in the midst stands with the user's words.
            role = "assistant" if message["role"] == "assistant" else "user"
            for block in blocks:
                if block["type"] == "text":
                    talk.say(role, block["text"])
                elif block["type"] == "thinking":
                    talk.turn(role, True)["thoughts"] += block["thinking"]
                elif block["type"] == "tool_use":
                    talk.turn(role, True)["calls"].append((block["id"], block["name"], block["input"]))
                else:
                    talk.give(block["tool_use_id"], text_of(block["content"]))
        return talk

    @staticmethod
    def write(talk):
        messages = []
        for turn in talk.turns:
            if turn["role"] == "tool":
                blocks = [{"type": "tool_result", "tool_use_id": turn["call"], "content": turn["text"]}]
            else:
                blocks = [{"type": "thinking", "thinking": turn["thoughts"], "signature": ""}] if turn["thoughts"] else []
                blocks += [{"type": "text", "text": turn["text"]}] if turn["text"] else []
                blocks += [{"type": "tool_use", "id": id, "name": name, "input": arguments} for id, name, arguments in turn["calls"]]
            messages.append({"role": "assistant" if turn["role"] == "assistant" else "user", "content": blocks})
        tools = [{"name": name, "description": description, "input_schema": schema} for name, description, schema in talk.tools]
        return {"max_tokens": 4000, "system": talk.system, "messages": messages, "tools": tools}

    @staticmethod
    def read_answer(body):
        of = lambda kind, field: "".join(block[field] for block in body["content"] if block["type"] == kind)
        return of("thinking", "thinking"), of("text", "text"), [(block["name"], block["input"]) for block in body["content"] if block["type"] == "tool_use"]

    @staticmethod
    def join(events):
        blocks = []
        for event in events:
            if event["type"] == "content_block_start":
                blocks.append({**event["content_block"], "json": ""})
            elif event["type"] == "content_block_delta":
                delta, block = event["delta"], blocks[event["index"]]
                for field, part in (("text", "text"), ("thinking", "thinking"), ("json", "partial_json")):
                    if part in delta:
                        block[field] += delta[part]
        return {"content": [{**block, "input": json.loads(block["json"])} if block["type"] == "tool_use" else block for block in blocks]}


class Responses:
    path, history = "/v1/responses", "input"

    @staticmethod
    def read(body):
        talk, system = Talk(), []
        for tool in body["tools"]:
            if tool["type"] == "function":
                talk.tools.append((tool["name"], tool["description"], tool["parameters"]))
            elif tool["type"] == "namespace":
                before = f"Tools of {tool['name']}: {tool['description']}\n\n"
                for one in tool["tools"]:
                    talk.tools.append((f"{tool['name']}__{one['name']}", before + one["description"], one["parameters"]))
                    before = ""
        for item in body["input"]:
            if item["type"] == "message" and item["role"] in ("developer", "system"):
                system.append(text_of(item["content"]))
            elif item["type"] == "message":
                talk.say(item["role"], text_of(item["content"]), joins=item["role"] == "assistant")
            elif item["type"] == "reasoning":
                talk.turn("assistant", True)["thoughts"] += text_of(item["content"])
            elif item["type"] == "function_call":
                talk.turn("assistant", True)["calls"].append((item["call_id"], item["name"], json.loads(item["arguments"])))
            else:
                talk.give(item["call_id"], text_of(item["output"]))
        talk.system = "\n\n".join(system)
        return talk

    @staticmethod
    def write(talk):
        items = []
        for turn in talk.turns:
            if turn["role"] == "tool":
                items.append({"type": "function_call_output", "call_id": turn["call"], "output": turn["text"]})
                continue
            if turn["thoughts"]:
                items.append({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": turn["thoughts"]}]})
            if turn["text"]:
                items.append({"type": "message", "role": turn["role"], "content": turn["text"]})
            items += [{"type": "function_call", "call_id": id, "name": name, "arguments": json.dumps(arguments)} for id, name, arguments in turn["calls"]]
        tools = [{"type": "function", "name": name, "description": description, "parameters": schema} for name, description, schema in talk.tools]
        return {"instructions": talk.system, "input": items, "tools": tools}

    @staticmethod
    def read_answer(body):
        of = lambda kind: "".join(text_of(item["content"], "") for item in body["output"] if item["type"] == kind)
        return of("reasoning"), of("message"), [(item["name"], json.loads(item["arguments"])) for item in body["output"] if item["type"] == "function_call"]

    @staticmethod
    def join(events):
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert events[-1]["type"] == "response.completed", events[-1]
        return events[-1]["response"]


class Chat:
    path = "/v1/chat/completions"

    @staticmethod
    def write(talk):
        messages = [{"role": "system", "content": talk.system}]
        for turn in talk.turns:
            if turn["role"] == "tool":
                messages.append({"role": "tool", "tool_call_id": turn["call"], "content": turn["text"]})
                continue
            calls = [{"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}} for id, name, arguments in turn["calls"]]
            messages.append({"role": turn["role"], "content": turn["text"], "reasoning_content": turn["thoughts"] or None, "tool_calls": calls})
        tools = [{"type": "function", "function": {"name": name, "description": description, "parameters": schema}} for name, description, schema in talk.tools]
        return {"messages": messages, "tools": tools}

    @staticmethod
    def read_answer(body):
        message = body["choices"][0]["message"]
        calls = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls") or []]
        return message.get("reasoning_content") or "", message["content"] or "", calls

    @staticmethod
    def join(events):
        message = {"content": "", "reasoning_content": "", "tool_calls": []}
        for choice in (choice for event in events for choice in event["choices"]):
            for name in ("content", "reasoning_content"):
                message[name] += choice["delta"].get(name) or ""
            for call in choice["delta"].get("tool_calls", []):
                if call["index"] == len(message["tool_calls"]):
                    message["tool_calls"].append({"function": {"name": call["function"]["name"], "arguments": ""}})
                message["tool_calls"][call["index"]]["function"]["arguments"] += call["function"]["arguments"]
        return {"choices": [{"message": message}]}


def ask(running, path, body, headers, api):
    """What an answer says, at once and as a stream, and the prompt, which must be the same."""
    answers = []
    for is_stream in (False, True):
        status, _, data = running.request("POST", path, {**body, "stream": is_stream}, {**KEY, **headers})
        assert status == 200, (path, status, data)
        lines = [line[6:] for line in data.decode().splitlines() if line.startswith("data: ") and line != "data: [DONE]"]
        answers.append(api.read_answer(api.join([json.loads(line) for line in lines]) if is_stream else json.loads(data)))
    assert answers[0] == answers[1], answers
    *_, first, second = [json.loads(line) for line in (FOLDER / "prompts.txt").read_text().splitlines()]
    assert first == second, (first, second)
    return answers[0], first


def calls_in(talk, number):
    """The calls with which the recording goes on behind `number` turns: what the client has understood."""
    return [(name, arguments) for _, name, arguments in talk.turns[number]["calls"]] if number < len(talk.turns) else []


FOLDER.mkdir(exist_ok=True)
(FOLDER / "script.json").write_text(json.dumps([{"after": call["after"], "say": call["says"]} for call in TRACE["calls"]]))
recorded = Messages if TRACE["path"].startswith(Messages.path) else Responses
requests = [{**TRACE["request"], recorded.history: call[recorded.history]} for call in TRACE["calls"]]
last = recorded.read(requests[-1])
count = 0
with Server(None, command=[server, template, FOLDER / "script.json", FOLDER / "prompts.txt"]) as running:
    for call, request in zip(TRACE["calls"], requests):
        talk = recorded.read(request)
        (thoughts, text, calls), prompt = ask(running, TRACE["path"], request, TRACE["headers"], recorded)
        assert (thoughts, text) == (call["thoughts"], call["text"]), (thoughts, text)
        if call is not TRACE["calls"][-1]:
            assert calls == calls_in(last, len(talk.turns)), (calls, last.turns)
        count += len(calls)
        for api in (Chat, Responses, Messages):
            taken = talk.joined() if api is Messages else talk
            answer, other = ask(running, api.path, api.write(taken), {}, api)
            assert answer == (thoughts, text, calls), (api.__name__, answer)
            expected = prompt if taken.turns == talk.turns else ask(running, Chat.path, Chat.write(taken), {}, Chat)[1]
            assert other == expected, (api.__name__, other, expected)
print(f"{TRACE['client']}: {len(requests)} requests with {count} calls are the same over each API")
