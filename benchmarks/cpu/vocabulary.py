#!/usr/bin/env python3
"""A byte-level BPE vocabulary of any size, for models with random weights: what they are sent and what they say is text.

usage: vocabulary.py CONFIG.json FOLDER    writes FOLDER/tokenizer.json with vocab_size tokens

The 256 bytes come first, in GPT-2's characters, then all pairs of 27 of them, then pairs of those pairs: 532,426 in all.
"""
import itertools
import json
import pathlib
import sys


def byte_characters():
    """GPT-2's printable character for each byte."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = itertools.count(256)
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def make_vocabulary(size):
    """Tokens by id and merges by rank."""
    tokens, merges = byte_characters(), []
    letters = [tokens[ord(letter)] for letter in "abcdefghijklmnopqrstuvwxyz "]
    pairs = [first + second for first, second in itertools.product(letters, letters)]
    halves = itertools.chain(itertools.product(letters, letters), itertools.product(pairs, pairs))
    for first, second in itertools.islice(halves, size - len(tokens)):
        tokens.append(first + second)
        merges.append((first, second))
    if len(tokens) != size:
        sys.exit(f"vocabularies have from {256} to {256 + len(pairs) + len(pairs) ** 2} tokens, not {size}")
    return tokens, merges


def make_tokenizer(size):
    """The object of a tokenizer.json."""
    tokens, merges = make_vocabulary(size)
    bytes_to_text = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "post_processor": None,
        "pre_tokenizer": bytes_to_text, "decoder": bytes_to_text,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "vocab": {token: id for id, token in enumerate(tokens)},
                  "merges": [list(merge) for merge in merges]},
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    text = json.dumps(make_tokenizer(json.load(open(sys.argv[1]))["vocab_size"]))
    (pathlib.Path(sys.argv[2]) / "tokenizer.json").write_text(text)
