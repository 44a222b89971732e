"""Checks a model of one layer of the given width, with MXFP4 experts and MXFP4 activations, launch by launch on the emulated device.

Usage: check_moe_layer.py MOEC WORK HIDDEN INTERMEDIATE TOKENS …

The layer has four experts of the given intermediate width, two for each token, and random weights.
"""
import json
import pathlib
import struct
import subprocess
import sys

VOCABULARY = 64
moec, work, (HIDDEN, intermediate, *counts) = sys.argv[1], pathlib.Path(sys.argv[2]), map(int, sys.argv[3:])
work.mkdir(parents=True, exist_ok=True)
(work / "config.json").write_text(json.dumps({
    "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_act": "silu", "hidden_size": HIDDEN,
    "intermediate_size": intermediate, "max_position_embeddings": 256, "num_attention_heads": 2, "num_key_value_heads": 1,
    "head_dim": 32, "num_hidden_layers": 1, "num_local_experts": 4, "num_experts_per_tok": 2, "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0, "tie_word_embeddings": False, "vocab_size": VOCABULARY, "bos_token_id": 1, "eos_token_id": 2}))


def run(*arguments):
    done = subprocess.run([moec, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"moec {' '.join(map(str, arguments))}: {done.stderr}")


artifact, tokens, figures = work / "model.moec", work / "tokens.safetensors", work / "figures.json"
run("compile", work / "config.json", "--weights", "random:1", "--target", "gfx950", "--activations", "bf16",
    "--quantize", "experts=mxfp4", "--quantize-activations", "experts=mxfp4", "-o", artifact)
for count in counts:
    header = json.dumps({"input_ids": {"dtype": "I64", "shape": [1, count], "data_offsets": [0, 8 * count]}}).encode()
    ids = struct.pack(f"<{count}q", *((i * 37 + 5) % VOCABULARY for i in range(count)))
    tokens.write_bytes(struct.pack("<Q", len(header)) + header + ids)
    run("eval", artifact, "--device", "gfx950-emulated", "--kv-memory", "16M", "--tokens", tokens, "--check-launches", "--json", figures)
    found = json.loads(figures.read_text())
    # What the experts' products and the quantisation before them write.
    codes = count * (HIDDEN + 2 * intermediate)
    if found["codes"] < codes or found["numbers"] < 2 * count * HIDDEN:
        sys.exit(f"{count} tokens: too little was compared: {found}")
    print(f"{count} tokens: {found['codes']} codes, {found['numbers']} numbers")
