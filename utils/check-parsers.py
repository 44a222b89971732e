#!/usr/bin/env python3
"""Parses what chat templates write of assistants' messages, and renders what was parsed: it must be the same text.

    check-parsers.py [--cases FILE] PROGRAM DIR [NAME...]

PROGRAM is moec or moec-run. DIR holds NAME.jinja and NAME.json as check-templates.py reads them; templates without a
NAME.json get the chats of FILE. Of each case every message of an assistant is an answer: what the template makes of the
chat up to it, behind the prompt that it makes of the chat before it. Prints which answers come back as something else
or without their calls, counts those that nobody could read back, names the templates whose calls have no format, and
exits 1 if any differs.
"""
import argparse
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
        message["reasoning"] = answer["reasoning_content"]
        if not (answer["content"] and answer["tool_calls"]):
            message["thinking"] = answer["reasoning_content"]
    if answer["tool_calls"]:
        message["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": read(call["function"]["arguments"])}}
            for call in answer["tool_calls"]
        ]
    return message


# Tokens that end a turn, where a last message has none.
TURN_END = r"(<[|｜][^<>]*(eos|end_of_msg)[^<>]*[|｜]>|<\|tool_response>)$"
# Thoughts that a prompt begins, and ends at once where there are to be none.
BEGUN = r"(</?[\w:]*think>|<\|channel>thought\n<channel\|>)\s*"


class Turn:
    """An assistant's message, and the chats that show how a template writes it."""

    def __init__(self, about, case, index):
        self.name, self.tools = f"{case['name']}, message {index}", case["tools"]
        kwargs = {k: v for k, v in case["kwargs"].items() if k not in ("continue_final_message", "add_generation_prompt")}
        self.common = {"special_tokens": about["special_tokens"], "now": about["now"], "tools": case["tools"], **kwargs}
        self.before, self.message = case["messages"][:index], case["messages"][index]
        self.calls = [call.get("function", call) for call in self.message.get("tool_calls") or []]
        self.takes_text = any(isinstance(call.get("arguments"), str) for call in self.calls)

    def write_arguments(self):
        """Makes texts of the arguments that are objects, and says whether there were any."""
        found = [call for call in self.message["tool_calls"] if isinstance(call.get("function", {}).get("arguments"), dict)]
        texts = [{**call["function"], "arguments": json.dumps(call["function"]["arguments"], ensure_ascii=False)} for call in found]
        if len(found) != len(self.calls):
            return False
        self.message = {**self.message, "tool_calls": [{**call, "function": text} for call, text in zip(found, texts)]}
        self.calls, self.takes_text = texts, True
        return True

    def is_readable(self, text):
        """Whether what the template writes can be read back: no marks in what is said, calls with the names of tools."""
        tools = [tool.get("function", tool).get("name") for tool in self.tools or []]
        content = self.message.get("content")
        if not self.before or self.before[-1].get("role") == "assistant" or not isinstance(content, (str, type(None))) or "think>" in (content or ""):
            return False
        for call in self.calls:
            arguments = call.get("arguments", {})
            if not isinstance(arguments, (dict, str)) or arguments == "":
                return False
            # A text as JSON is no object, nor is one within an object of another notation.
            if isinstance(arguments, str) and ('"{\\"' in text or "{" + arguments + "}" in text):
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
        common = os.path.commonprefix([prompt, whole, re.sub(BEGUN + "$", "", prompt)])
        if whole.startswith(prompt):
            common = prompt
        elif not re.fullmatch(f"({BEGUN})+", prompt[len(common) :]):
            return None
        # What begins and ends a turn is no part of the answer, nor a blank before every text.
        begin, _, end = sample.rpartition("X")
        if begin == common + " " and whole.startswith(begin):
            common = begin
        return common, re.sub(TURN_END, "", whole[len(common) :].removesuffix(end))


def turns_of(about):
    for case in about["cases"]:
        if "rendered" not in case:
            continue
        for index, message in enumerate(case["messages"]):
            # A message that is open is no answer.
            if isinstance(message, dict) and message.get("role") == "assistant" and not message.get("prefix"):
                yield Turn(about, case, index)


def has_calls(turn, answer):
    """Whether an answer has the calls of the message, by their names, or is of a template without a format for them."""
    names = [call["name"] for call in turn.calls]
    return not answer["tool_parser"] or [call["function"]["name"] for call in answer["tool_calls"]] == names


def render(program, template, turns):
    """The texts of each turn's chats."""
    texts = ask(program, template, "--json", [chat for turn in turns for chat in turn.chats()]) if turns else []
    return [texts[i : i + 3] for i in range(0, len(texts), 3)]


def check(program, template, about):
    """Answers of a template, how they are parsed and whether they come back, then how many cannot be read back."""
    turns = list(turns_of(about))
    texts = render(program, template, turns)
    # Some templates add arguments to a text.
    again = [i for i, three in enumerate(texts) if turns[i].calls and not isinstance(three[1], str) and turns[i].write_arguments()]
    for i, three in zip(again, render(program, template, [turns[i] for i in again])):
        texts[i] = three
    found = []
    for turn, three in zip(turns, texts):
        cut = turn.cut(*three)
        if cut and turn.is_readable(cut[1]):
            found.append((turn, *cut))
    items = [{"prompt": prompt, "text": text, "tools": turn.tools or []} for turn, prompt, text in found]
    answers = ask(program, template, "--answers", items)
    again = ask(program, template, "--json", [turn.chat(as_message(a, turn.takes_text)) for (turn, *_), a in zip(found, answers)])
    for (turn, prompt, text), answer, got in zip(found, answers, again):
        is_same = isinstance(got, str) and got.startswith(prompt + text) and has_calls(turn, answer)
        yield turn, text, answer, is_same
    yield len(turns) - len(found)


def cases_of(template, cases):
    """The chats of a template, or those for templates without any, all without options of their own."""
    own = template.with_suffix(".json")
    if own.exists():
        return json.loads(own.read_text())
    about = json.loads(cases.read_text())
    about["special_tokens"] = {"bos_token": "<s>", "eos_token": "</s>", **about["special_tokens"]}
    return {**about, "cases": [{**case, "kwargs": {}} for case in about["cases"]]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    total = failed = left = calls = 0
    for template in sorted(given.folder.glob("*.jinja")):
        if (given.names and template.stem not in given.names) or not (template.with_suffix(".json").exists() or given.cases):
            continue
        *answers, lost = check(given.program, template, cases_of(template, given.cases))
        left += lost
        total += len(answers)
        calls += sum(len(answer["tool_calls"]) for _, _, answer, _ in answers)
        for turn, text, answer, is_same in answers:
            if not is_same:
                failed += 1
                print(f"{template.stem}: {turn.name}: {text!r} is parsed as {json.dumps(answer, ensure_ascii=False)}")
        unread = sum(bool(turn.calls) and not answer["tool_parser"] for turn, _, answer, _ in answers)
        if unread:
            print(f"{template.stem}: no format reads its calls, which {unread} answers have")
    print(f"{total - failed} of {total} answers come back, {calls} calls in them; {left} cannot be read back")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
