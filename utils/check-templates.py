#!/usr/bin/env python3
"""Renders chat templates and compares with what Transformers makes of them.

    check-templates.py PROGRAM DIR [NAME...]

PROGRAM is moec or moec-run. DIR holds NAME.jinja and NAME.json: what the template's variables are (special_tokens,
now), and `cases` of messages, tools and kwargs with `rendered`, or with `error` and its `error_type`. Messages of
raise_exception must be word for word; of other errors only that there is one. A file snippets.json holds `template`,
`context` and one of the two. Prints what differs and exits 1 if anything does.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def render(program, template, chats):
    """What the program makes of chats, in order."""
    with tempfile.TemporaryDirectory() as folder:
        source, data = Path(folder) / "template.jinja", Path(folder) / "chats.json"
        source.write_bytes(template)
        data.write_text(json.dumps(chats))
        done = subprocess.run([program, "template", source, "--json", data], capture_output=True, text=True)
    if done.returncode:
        return [{"error": done.stderr.strip()}] * len(chats)
    return json.loads(done.stdout)


def difference(case, got):
    """What is wrong with a result, or nothing."""
    if "rendered" in case:
        if got == case["rendered"]:
            return None
        if isinstance(got, dict):
            return f"fails: {got['error']}"
        same = next((i for i, (a, b) in enumerate(zip(got, case["rendered"])) if a != b), min(len(got), len(case["rendered"])))
        return f"at {same}: {got[max(0, same - 20) : same + 40]!r} in place of {case['rendered'][max(0, same - 20) : same + 40]!r}"
    if not isinstance(got, dict):
        return f"gives a text in place of: {case['error']}"
    if case["error_type"] == "raise_exception" and got["error"] != case["error"]:
        return f"says {got['error']!r} in place of {case['error']!r}"
    return None


def check_template(program, path):
    about = json.loads(path.read_text())
    chats = [
        {"special_tokens": about["special_tokens"], "now": about["now"], "messages": case["messages"],
         "tools": case["tools"], **case["kwargs"]}
        for case in about["cases"]
    ]  # fmt: skip
    results = render(program, path.with_suffix(".jinja").read_bytes(), chats)
    return [(case["name"], difference(case, got)) for case, got in zip(about["cases"], results)]


def check_snippets(program, path):
    snippets = json.loads(path.read_text())
    snippets = snippets["snippets"] if isinstance(snippets, dict) else snippets
    return [
        (it["name"], difference(it, render(program, it["template"].encode(), [it["context"]])[0])) for it in snippets
    ]


def main():
    program, folder, *names = sys.argv[1:]
    total = failed = 0
    for path in sorted(Path(folder).glob("*.json")):
        if names and path.stem not in names:
            continue
        check = check_snippets if path.stem == "snippets" else check_template
        for name, wrong in check(program, path):
            total += 1
            failed += wrong is not None
            if wrong:
                print(f"{path.stem}: {name}: {wrong}")
    print(f"{total - failed} of {total} cases are exact")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
