#!/usr/bin/env python3
"""Writes a checkpoint of Qwen 3.5's text model (qwen3_5_moe_text) with random weights and given widths.

    random_hybrid.py OUT [--hidden 64] [--layers 4] [--experts 8] [--vocab 256] [--context 16384] [--heads 2]
                     [--kv-heads 1] [--head-dim 32] [--state-heads 8] [--state-dim 64] [--expert-width 32] [--seed 1]

Every fourth layer has attention, the others a state of STATE-HEADS * STATE-DIM * STATE-DIM numbers. What a model says is
noise; what it costs, and which of its states are kept, does not depend on that.
"""
import argparse
import array
import json
import random
import struct
from pathlib import Path


def to_bf16(numbers):
    return array.array("H", (struct.unpack("<I", struct.pack("<f", number))[0] >> 16 for number in numbers)).tobytes()


class Weights:
    """Tensors in the order in which they are added, of numbers that repeat after some ten thousand."""

    def __init__(self, seed):
        drawn = random.Random(seed)
        self.pool = [drawn.gauss(0, 1) for _ in range(65521)]
        self.pools = {}
        self.header, self.parts, self.offset = {}, [], 0

    def add(self, name, *shape, spread=0.05, around=0.0):
        count = 1
        for size in shape:
            count *= size
        key = (spread, around)
        if key not in self.pools:
            self.pools[key] = to_bf16(around + spread * number for number in self.pool)
        pool = self.pools[key]
        begin = 2 * (7919 * len(self.parts) % 65521)
        data = (pool[begin:] + pool * (2 * count // len(pool) + 1))[: 2 * count]
        self.header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [self.offset, self.offset + len(data)]}
        self.offset += len(data)
        self.parts.append(data)

    def write(self, path):
        header = json.dumps(self.header).encode()
        header += b" " * (-len(header) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.writelines(self.parts)


def describe(options):
    kinds = ["full_attention" if i % 4 == 3 else "linear_attention" for i in range(options.layers)]
    return {
        "architectures": ["Qwen3_5MoeForCausalLM"], "model_type": "qwen3_5_moe_text", "dtype": "bfloat16",
        "hidden_size": options.hidden, "num_hidden_layers": options.layers, "layer_types": kinds,
        "vocab_size": options.vocab, "max_position_embeddings": options.context, "num_attention_heads": options.heads,
        "num_key_value_heads": options.kv_heads, "head_dim": options.head_dim, "partial_rotary_factor": 0.25,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e7, "partial_rotary_factor": 0.25},
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "attention_bias": False, "tie_word_embeddings": False,
        "linear_conv_kernel_dim": 4, "linear_key_head_dim": options.state_dim, "linear_value_head_dim": options.state_dim,
        "linear_num_key_heads": options.state_heads, "linear_num_value_heads": options.state_heads,
        "num_experts": options.experts, "num_experts_per_tok": 2, "moe_intermediate_size": options.expert_width,
        "shared_expert_intermediate_size": options.expert_width,
    }  # fmt: skip


def add_states(weights, base, options):
    width, hidden = options.state_heads * options.state_dim, options.hidden
    for name, rows in (("qkv", 3 * width), ("z", width), ("a", options.state_heads), ("b", options.state_heads)):
        weights.add(f"{base}.in_proj_{name}.weight", rows, hidden)
    weights.add(f"{base}.conv1d.weight", 3 * width, 1, 4, spread=0.3)
    weights.add(f"{base}.A_log", options.state_heads)
    weights.add(f"{base}.dt_bias", options.state_heads, around=-2.0)
    weights.add(f"{base}.norm.weight", options.state_dim, around=1.0)
    weights.add(f"{base}.out_proj.weight", hidden, width)


def add_attention(weights, base, options):
    hidden, width, kv = options.hidden, options.heads * options.head_dim, options.kv_heads * options.head_dim
    for name, rows in (("q", 2 * width), ("k", kv), ("v", kv)):
        weights.add(f"{base}.{name}_proj.weight", rows, hidden)
    weights.add(f"{base}.o_proj.weight", hidden, width)
    for name in "qk":
        weights.add(f"{base}.{name}_norm.weight", options.head_dim)


def add_experts(weights, base, options):
    hidden, width = options.hidden, options.expert_width
    weights.add(f"{base}.gate.weight", options.experts, hidden)
    weights.add(f"{base}.experts.gate_up_proj", options.experts, 2 * width, hidden)
    weights.add(f"{base}.experts.down_proj", options.experts, hidden, width)
    for name, shape in (("gate", (width, hidden)), ("up", (width, hidden)), ("down", (hidden, width))):
        weights.add(f"{base}.shared_expert.{name}_proj.weight", *shape)
    weights.add(f"{base}.shared_expert_gate.weight", 1, hidden)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    defaults = {"hidden": 64, "layers": 4, "experts": 8, "vocab": 256, "context": 16384, "heads": 2, "kv-heads": 1,
                "head-dim": 32, "state-heads": 8, "state-dim": 64, "expert-width": 32, "seed": 1}  # fmt: skip
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    config, weights = describe(options), Weights(options.seed)
    weights.add("model.embed_tokens.weight", options.vocab, options.hidden, spread=1.0)
    for index, kind in enumerate(config["layer_types"]):
        layer = f"model.layers.{index}"
        if kind == "linear_attention":
            add_states(weights, f"{layer}.linear_attn", options)
        else:
            add_attention(weights, f"{layer}.self_attn", options)
        add_experts(weights, f"{layer}.mlp", options)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights.add(f"{layer}.{name}.weight", options.hidden)
    weights.add("model.norm.weight", options.hidden)
    weights.add("lm_head.weight", options.vocab, options.hidden)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights.write(options.out / "model.safetensors")


if __name__ == "__main__":
    main()
