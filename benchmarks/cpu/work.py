"""How much a shape computes and reads for one token, from its configuration."""
import math
import re
import subprocess


def count_latent_attention(config):
    """Multiply-adds of a layer's projections, before and after attention. Absorbed: queries go to the latent space, and what
    attention gives comes back."""
    hidden, heads, queries = (config[key] for key in ("hidden_size", "num_attention_heads", "q_lora_rank"))
    latent, turning, plain, value = (config[key] for key in ("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"))
    inputs = hidden * (queries + latent + turning) + queries * heads * (plain + turning)
    return inputs, heads * latent * (plain + value) + heads * value * hidden


def count_grouped_attention(config):
    hidden, heads, dim = (config[key] for key in ("hidden_size", "num_attention_heads", "head_dim"))
    queries = 2 if config.get("attn_output_gate") else 1
    return hidden * dim * (queries * heads + 2 * config["num_key_value_heads"]), hidden * dim * heads


def count_delta_net(config):
    hidden, value_heads = config["hidden_size"], config["linear_num_value_heads"]
    keys = config["linear_num_key_heads"] * config["linear_key_head_dim"]
    values = value_heads * config["linear_value_head_dim"]
    return hidden * (2 * keys + 2 * values + 2 * value_heads), hidden * values


def count_attention(config, layer):
    if "kv_lora_rank" in config:
        return count_latent_attention(config)
    linear = config.get("layer_types", {layer: ""})[layer] == "linear_attention"
    return (count_delta_net if linear else count_grouped_attention)(config)


def count_multiply_adds(config):
    """Multiply-adds of a prompt's token with weights; what attention and recurrent states cost depends on the tokens before
    and is left out. The last layer's network and what follows are for the last token alone, in a prompt of any length."""
    hidden, layers = config["hidden_size"], config["num_hidden_layers"]
    attention = [count_attention(config, layer) for layer in range(layers)]
    projections = sum(inputs + outputs for inputs, outputs in attention) - attention[-1][1]
    width = config.get("moe_intermediate_size") or config["intermediate_size"]
    experts = width * (config["num_experts_per_tok"] + config.get("n_shared_experts", 0))
    experts = 3 * hidden * (experts + config.get("shared_expert_intermediate_size", 0))
    dense = config.get("first_k_dense_replace", 0)
    networks = (dense * 3 * hidden * config["intermediate_size"] if dense else 0) + (layers - dense - 1) * experts
    return projections + networks


def count_parameters(model):
    """Numbers in all weights of a compiled model."""
    shapes = re.findall(r"moe\.weight @\S+ : tensor<((?:\d+x)+)", (model / "model.mlir").read_text())
    return sum(math.prod(map(int, shape.split("x")[:-1])) for shape in shapes)


def read_token_bytes(program, model, context):
    """Bytes that a decoding step of one sequence of `context` tokens reads and writes, as `moec inspect` counts them."""
    text = subprocess.run([program, "inspect", "--context", str(context), model], check=True, capture_output=True, text=True).stdout
    total, unit = re.search(r"T=1 bytes.*\n(?:.*\n)*?all +\S+ +(\S+) (\w+)", text).groups()
    return float(total) * {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
