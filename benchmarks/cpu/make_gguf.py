#!/usr/bin/env python3
"""Writes a GGUF with random bf16 weights and the shapes of a config.json: what llama.cpp is measured on.

usage: make_gguf.py CONFIG.json OUT.gguf    (needs numpy and gguf)

Families: gpt_oss, qwen3_moe, qwen3_5_moe_text, and deepseek_v3 as GLM-4.7-Flash uses it (latent attention, one group of
experts, sigmoid router). The numbers have a spread that keeps activations in range; equal values at other places do no harm.
"""
import json
import sys

import gguf
import numpy as np

from vocabulary import make_vocabulary

POOL = np.random.default_rng(1234).standard_normal(1 << 24, dtype=np.float32)


def to_bf16(numbers):
    bits = numbers.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


class Model:
    """Collects tensors, then writes them one at a time."""

    def __init__(self, path, architecture):
        self.writer = gguf.GGUFWriter(path, architecture)
        self.tensors = []

    def weight(self, name, *shape, spread=None):
        self.tensors.append((name + ".weight", shape, "bf16", spread or shape[-1] ** -0.5, None))

    def vector(self, name, *shape, value=None, spread=0.02):
        self.tensors.append((name, shape, "f32", spread, value))

    def numbers(self, shape, kind, spread, value, cache):
        count = int(np.prod(shape))
        if value is not None:
            return np.full(count, value, np.float32)
        if kind == "f32":
            return np.resize(POOL, count) * np.float32(spread)
        if cache.get("spread") != spread:
            cache.update(spread=spread, pool=to_bf16(POOL * np.float32(spread)))
        return np.resize(cache["pool"], count).view(np.uint8)

    def write(self):
        for name, shape, kind, _, _ in self.tensors:
            count = int(np.prod(shape))
            if kind == "bf16":
                dims = [*shape[:-1], shape[-1] * 2]
                self.writer.add_tensor_info(name, dims, np.dtype(np.uint8), count * 2, raw_dtype=gguf.GGMLQuantizationType.BF16)
            else:
                self.writer.add_tensor_info(name, list(shape), np.dtype(np.float32), count * 4)
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_ti_data_to_file()
        cache = {}
        for _, shape, kind, spread, value in self.tensors:
            self.writer.write_tensor_data(self.numbers(shape, kind, spread, value, cache))
        self.writer.close()


def add_grouped_attention(model, config, block):
    hidden, heads, kv_heads, dim = (config[key] for key in ("hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"))
    queries = 2 if config.get("attn_output_gate") else 1  # each head's gate lies behind its query
    sizes = {"attn_q": (queries * heads * dim, hidden), "attn_k": (kv_heads * dim, hidden), "attn_v": (kv_heads * dim, hidden),
             "attn_output": (hidden, heads * dim)}
    for name, shape in sizes.items():
        model.weight(block + name, *shape)
        if config["model_type"] == "gpt_oss":
            model.vector(block + name + ".bias", shape[0])
    if config["model_type"] == "gpt_oss":
        model.vector(block + "attn_sinks.weight", heads, spread=1.0)
    else:
        model.vector(block + "attn_q_norm.weight", dim, value=1.0)
        model.vector(block + "attn_k_norm.weight", dim, value=1.0)


def add_latent_attention(model, config, block):
    hidden, heads, query, latent = (config[key] for key in ("hidden_size", "num_attention_heads", "q_lora_rank", "kv_lora_rank"))
    nope, rope, value = (config[key] for key in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
    model.weight(block + "attn_q_a", query, hidden)
    model.vector(block + "attn_q_a_norm.weight", query, value=1.0)
    model.weight(block + "attn_q_b", heads * (nope + rope), query)
    model.weight(block + "attn_kv_a_mqa", latent + rope, hidden)
    model.vector(block + "attn_kv_a_norm.weight", latent, value=1.0)
    model.weight(block + "attn_k_b", heads, latent, nope)
    model.weight(block + "attn_v_b", heads, value, latent)
    model.weight(block + "attn_output", hidden, heads * value)


def add_delta_net(model, config, block):
    hidden, width, value_heads = (config[key] for key in ("hidden_size", "linear_conv_kernel_dim", "linear_num_value_heads"))
    keys = config["linear_num_key_heads"] * config["linear_key_head_dim"]
    values = value_heads * config["linear_value_head_dim"]
    model.weight(block + "attn_qkv", 2 * keys + values, hidden)
    model.weight(block + "attn_gate", values, hidden)
    model.weight(block + "ssm_beta", value_heads, hidden)
    model.weight(block + "ssm_alpha", value_heads, hidden)
    model.vector(block + "ssm_conv1d.weight", 2 * keys + values, width, spread=width ** -0.5)
    model.vector(block + "ssm_dt.bias", value_heads)
    model.vector(block + "ssm_a", value_heads, value=-1.0)  # -exp(A_log): states decay where it is negative
    model.vector(block + "ssm_norm.weight", config["linear_value_head_dim"], value=1.0)
    model.weight(block + "ssm_out", hidden, values)


def get_attention(config, layer):
    """What adds the tensors of a layer's attention."""
    if config["model_type"] == "deepseek_v3":
        return add_latent_attention
    return add_delta_net if config.get("layer_types", {layer: ""})[layer] == "linear_attention" else add_grouped_attention


def add_experts(model, config, block):
    hidden = config["hidden_size"]
    experts = config.get("num_local_experts") or config.get("num_experts") or config["n_routed_experts"]
    width = config.get("moe_intermediate_size") or config["intermediate_size"]
    model.vector(block + "ffn_gate_inp.weight", experts, hidden, spread=hidden ** -0.5)
    for name, shape in {"gate": (width, hidden), "up": (width, hidden), "down": (hidden, width)}.items():
        model.weight(f"{block}ffn_{name}_exps", experts, *shape)
        if config["model_type"] == "gpt_oss":
            model.vector(f"{block}ffn_{name}_exps.bias", experts, shape[0])
        if config["model_type"] == "deepseek_v3":
            shared = [size * config["n_shared_experts"] if size == width else size for size in shape]
            model.weight(f"{block}ffn_{name}_shexp", *shared)
    if config["model_type"] == "qwen3_5_moe_text":
        shared = config["shared_expert_intermediate_size"]
        model.vector(block + "ffn_gate_inp_shexp.weight", hidden, spread=hidden ** -0.5)
        for name, shape in {"gate": (shared, hidden), "up": (shared, hidden), "down": (hidden, shared)}.items():
            model.weight(f"{block}ffn_{name}_shexp", *shape)
    if config["model_type"] == "gpt_oss":
        model.vector(block + "ffn_gate_inp.bias", experts)
    if config["model_type"] == "deepseek_v3":
        model.vector(block + "exp_probs_b.bias", experts, spread=0.01)


def add_hybrid_header(writer, config, rope):
    writer.add_rope_dimension_count(int(config["head_dim"] * rope["partial_rotary_factor"]))
    writer.add_rope_dimension_sections([*rope["mrope_section"], 0])
    writer.add_expert_shared_feed_forward_length(config["shared_expert_intermediate_size"])
    writer.add_full_attention_interval(config["full_attention_interval"])
    writer.add_ssm_conv_kernel(config["linear_conv_kernel_dim"])
    writer.add_ssm_state_size(config["linear_key_head_dim"])
    writer.add_ssm_group_count(config["linear_num_key_heads"])
    writer.add_ssm_time_step_rank(config["linear_num_value_heads"])
    writer.add_ssm_inner_size(config["linear_num_value_heads"] * config["linear_value_head_dim"])


def add_header(model, config):
    writer, kind = model.writer, config["model_type"]
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    writer.add_name(f"random {kind}")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_vocab_size(config["vocab_size"])
    # llama-server wants to spell what it generates.
    tokens, merges = make_vocabulary(config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * len(tokens))
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_context_length(config["max_position_embeddings"])
    if "intermediate_size" in config:
        writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config["rope_theta"]))
    writer.add_expert_count(config.get("num_local_experts") or config.get("num_experts") or config["n_routed_experts"])
    writer.add_expert_used_count(config["num_experts_per_tok"])
    writer.add_expert_feed_forward_length(config.get("moe_intermediate_size") or config["intermediate_size"])
    if kind == "deepseek_v3":
        latent, turning = config["kv_lora_rank"], config["qk_rope_head_dim"]
        writer.add_expert_shared_count(config["n_shared_experts"])
        writer.add_expert_weights_scale(config["routed_scaling_factor"])
        writer.add_expert_weights_norm(True)
        writer.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
        writer.add_expert_group_count(1)
        writer.add_expert_group_used_count(1)
        writer.add_leading_dense_block_count(config["first_k_dense_replace"])
        writer.add_head_count_kv(1)
        writer.add_q_lora_rank(config["q_lora_rank"])
        writer.add_kv_lora_rank(latent)
        writer.add_key_length(latent + turning)
        writer.add_value_length(latent)
        writer.add_key_length_mla(config["qk_nope_head_dim"] + turning)
        writer.add_value_length_mla(config["v_head_dim"])
        writer.add_rope_dimension_count(turning)
        return
    if kind == "qwen3_5_moe_text":
        add_hybrid_header(writer, config, rope)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    if kind == "gpt_oss":
        writer.add_rope_dimension_count(config["head_dim"])
        writer.add_sliding_window(config["sliding_window"])
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    config = json.load(open(sys.argv[1]))
    kinds = {"gpt_oss": "gpt-oss", "qwen3_moe": "qwen3moe", "qwen3_5_moe_text": "qwen35moe", "deepseek_v3": "deepseek2"}
    if config["model_type"] not in kinds:
        sys.exit(f"{sys.argv[1]}: model_type '{config['model_type']}' is none of {', '.join(kinds)}")
    model = Model(sys.argv[2], kinds[config["model_type"]])
    add_header(model, config)
    hidden, vocab = config["hidden_size"], config["vocab_size"]
    model.weight("token_embd", vocab, hidden, spread=0.5)
    model.vector("output_norm.weight", hidden, value=1.0)
    model.weight("output", vocab, hidden)
    norm = "post_attention_norm.weight" if config["model_type"] in ("gpt_oss", "qwen3_5_moe_text") else "ffn_norm.weight"
    for layer in range(config["num_hidden_layers"]):
        block = f"blk.{layer}."
        model.vector(block + "attn_norm.weight", hidden, value=1.0)
        get_attention(config, layer)(model, config, block)
        model.vector(block + norm, hidden, value=1.0)
        if layer < config.get("first_k_dense_replace", 0):
            width = config["intermediate_size"]
            for name, shape in {"gate": (width, hidden), "up": (width, hidden), "down": (hidden, width)}.items():
                model.weight(f"{block}ffn_{name}", *shape)
        else:
            add_experts(model, config, block)
    model.write()


main()
