"""How much a shape computes and reads for one token, from its configuration."""
import re
import subprocess


def count_multiply_adds(config):
    """Multiply-adds of a prompt's token with weights. The last layer's network and what follows are for the last token
    alone, in a prompt of any length."""
    hidden, heads, layers = config["hidden_size"], config["num_attention_heads"], config["num_hidden_layers"]
    if "kv_lora_rank" in config:
        latent, turning, plain, value = (config[key] for key in ("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"))
        queries = config["q_lora_rank"]
        inputs = hidden * (queries + latent + turning) + queries * heads * (plain + turning)
        # Absorbed: queries go to the latent space, and what attention gives comes back.
        outputs = heads * latent * (plain + value) + heads * value * hidden
    else:
        inputs = hidden * config["head_dim"] * (heads + 2 * config["num_key_value_heads"])
        outputs = hidden * config["head_dim"] * heads
    experts = 3 * hidden * config.get("moe_intermediate_size", config["intermediate_size"])
    experts *= config["num_experts_per_tok"] + config.get("n_shared_experts", 0)
    dense = config.get("first_k_dense_replace", 0)
    networks = dense * 3 * hidden * config["intermediate_size"] + (layers - dense - 1) * experts
    return layers * inputs + (layers - 1) * outputs + networks


def read_token_bytes(program, model, context):
    """Bytes that a decoding step of one sequence of `context` tokens reads and writes, as `moec inspect` counts them."""
    text = subprocess.run([program, "inspect", "--context", str(context), model], check=True, capture_output=True, text=True).stdout
    total, unit = re.search(r"T=1 bytes.*\n(?:.*\n)*?all +\S+ +(\S+) (\w+)", text).groups()
    return float(total) * {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
