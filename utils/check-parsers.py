#!/usr/bin/env python3
"""Parses what chat templates write of assistants' messages, and renders what was parsed: it must be the same text.

    check-parsers.py PROGRAM DIR [NAME...]

PROGRAM is moec or moec-run. DIR holds NAME.jinja and NAME.json as check-templates.py reads them. Of each case every
message of an assistant is an answer: what the template makes of the chat up to it, behind the prompt that it makes of
the chat before it. Prints which answers come back as something else, counts those that nobody could read back, and
exits 1 if any differs.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

def ask(program, template, option, items):
    """What the program makes of items, in order."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "items.json"
        data.write_text(json.dumps(items))
        done = subprocess.run([program, "template", template, option, data], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def as_message(answer, takes_text):
    """An answer as the message of a chat, with arguments as text for those templates that add them to a text."""
    read = (lambda text: text) if takes_text else json.loads
    message = {"role": "assistant", "content": answer["content"] or ""}
    if answer["reasoning_content"]:
        message["reasoning_content"] = answer["reasoning_content"]
        if not (answer["content"] and answer["tool_calls"]):
            message["thinking"] = answer["reasoning_content"]
    if answer["tool_calls"]:
        message["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": read(call["function"]["arguments"])}}
            for call in answer["tool_calls"]
        ]
    return message


class Turn:
    """An assistant's message, and the chats that show how a template writes it."""

    def __init__(self, about, case, index):
        self.name, self.tools = f"{case['name']}, message {index}", case["tools"]
        kwargs = {k: v for k, v in case["kwargs"].items() if k not in ("continue_final_message", "add_generation_prompt")}
        self.common = {"special_tokens": about["special_tokens"], "now": about["now"], "tools": case["tools"], **kwargs}
        self.before, self.message = case["messages"][:index], case["messages"][index]
        self.calls = [call.get("function", call) for call in self.message.get("tool_calls") or []]
        self.takes_text = any(isinstance(call.get("arguments"), str) for call in self.calls)

    def is_readable(self, text):
        """Whether what the template writes can be read back: no marks in what is said, calls with the names of tools."""
        tools = [tool.get("function", tool).get("name") for tool in self.tools or []]
        content = self.message.get("content")
        if not self.before or not isinstance(content, (str, type(None))) or "think>" in (content or ""):
            return False
        for call in self.calls:
            arguments = call.get("arguments", {})
            if not isinstance(arguments, (dict, str)) or arguments == "":
                return False
            if call.get("name") not in tools or call["name"] not in text or (self.takes_text and "function" not in self.message["tool_calls"][0]):
                return False
        return True

    def chat(self, message=None, **more):
        messages = self.before + ([message] if message else [])
        return {**self.common, **more, "messages": messages}

    def chats(self):
        return [self.chat(add_generation_prompt=True), self.chat(self.message), self.chat({"role": "assistant", "content": "X"})]

    def cut(self, prompt, whole, sample):
        """The prompt and the answer's text, if the template writes them one behind the other."""
        if not all(isinstance(text, str) for text in (prompt, whole, sample)):
            return None
        # A prompt may begin thoughts that this message does not have.
        common = os.path.commonprefix([prompt, whole])
        if common != prompt and not re.fullmatch(r"</?[\w:]*think>\s*", prompt[len(common) :]):
            return None
        # What begins and ends a turn is no part of the answer, nor a blank before every text.
        begin, _, end = sample.rpartition("X")
        if begin == common + " " and whole.startswith(begin):
            common = begin
        return common, whole[len(common) :].removesuffix(end)


def turns_of(about):
    for case in about["cases"]:
        if "rendered" not in case:
            continue
        for index, message in enumerate(case["messages"]):
            # A message that is open is no answer.
            if isinstance(message, dict) and message.get("role") == "assistant" and not message.get("prefix"):
                yield Turn(about, case, index)


def check(program, path):
    about = json.loads(path.read_text())
    template = path.with_suffix(".jinja")
    turns = list(turns_of(about))
    texts = iter(ask(program, template, "--json", [chat for turn in turns for chat in turn.chats()]))
    found = []
    for turn in turns:
        cut = turn.cut(*(next(texts) for _ in range(3)))
        if cut and turn.is_readable(cut[1]):
            found.append((turn, *cut))
    items = [{"prompt": prompt, "text": text, "tools": turn.tools or []} for turn, prompt, text in found]
    answers = ask(program, template, "--answers", items)
    again = ask(program, template, "--json", [turn.chat(as_message(a, turn.takes_text)) for (turn, *_), a in zip(found, answers)])
    for (turn, prompt, text), answer, got in zip(found, answers, again):
        if not turn.calls or answer["tool_parser"]:
            yield turn, text, answer, isinstance(got, str) and got.startswith(prompt + text)
    yield len(turns) - len(found)


def main():
    program, folder, *names = sys.argv[1:]
    total = failed = left = calls = 0
    for path in sorted(Path(folder).glob("*.json")):
        if path.stem == "snippets" or (names and path.stem not in names):
            continue
        for result in check(program, path):
            if isinstance(result, int):
                left += result
                continue
            turn, text, answer, is_same = result
            total += 1
            calls += len(answer["tool_calls"])
            if not is_same:
                failed += 1
                print(f"{path.stem}: {turn.name}: {text!r} is parsed as {json.dumps(answer, ensure_ascii=False)}")
    print(f"{total - failed} of {total} answers come back, {calls} calls in them; {left} cannot be read back")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
