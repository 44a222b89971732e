"""Writes the logits of test/EndToEnd/Inputs/slots.mlir for two sequences: how often each token was there so far.

Usage: count_tokens.py FILE
"""
import json
import struct
import sys

VOCABULARY = 32
rows = [[(5 * i + i * i + s) % VOCABULARY for i in range(12)] for s in range(2)]
logits = [float(row[: i + 1].count(token)) for row in rows for i in range(12) for token in range(VOCABULARY)]
ids = struct.pack("<24i", *rows[0], *rows[1])
numbers = struct.pack(f"<{len(logits)}f", *logits)
header = json.dumps({
    "input_ids": {"dtype": "I32", "shape": [2, 12], "data_offsets": [0, len(ids)]},
    "logits": {"dtype": "F32", "shape": [2, 12, VOCABULARY], "data_offsets": [len(ids), len(ids) + len(numbers)]},
}).encode()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + ids + numbers)
