"""The little models that the forms hold: configurations of real families, and the shapes of their tensors."""
import math
import re

from codes import draw_bytes, round_to


class Model:
    """A configuration, and the shape of each tensor by name, as the family's unquantised checkpoints have them."""

    def __init__(self, config, shapes):
        self.config, self.shapes = config, shapes

    def linears(self):
        """Names, without .weight, of the matrices that tools quantise: neither routers nor embeddings."""
        kinds = re.compile(r"(.*(_proj|_proj_with_mqa|\.w[123]))\.weight")
        return [match.group(1) for name in self.shapes if (match := kinds.fullmatch(name))]


def draw_plain(name, shape, dtype="BF16"):
    """Values such that logits have a standard deviation of about 2: (dtype, shape, bytes)."""
    middle, deviation = 0.0, 1 / math.sqrt(shape[-1])
    if re.search(r"norm\.weight$", name):
        middle, deviation = 1.0, 0.2
    elif name.endswith("embed_tokens.weight"):
        deviation = 1.0
    elif len(shape) == 1:
        deviation = 0.1
    elif re.search(r"(lm_head|gate|router)\.weight$", name):
        deviation *= 2
    step = deviation * math.sqrt(12) / 256
    values = [round_to(dtype, middle + step * (level - 127.5))[0] for level in range(256)]
    return dtype, shape, b"".join([values[level] for level in draw_bytes(name, math.prod(shape))])


def base_config(architecture, family, hidden, vocabulary):
    return {
        "architectures": [architecture], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": None,
        "eos_token_id": None, "hidden_act": "silu", "hidden_size": hidden, "max_position_embeddings": 2048,
        "model_type": family, "num_experts_per_tok": 2, "num_hidden_layers": 2, "rms_norm_eps": 1e-06,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True, "vocab_size": vocabulary,
    }


def outer_shapes(hidden, vocabulary):
    return {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden],
            "lm_head.weight": [vocabulary, hidden]}


def norm_shapes(layer, hidden):
    return {f"{layer}.input_layernorm.weight": [hidden], f"{layer}.post_attention_layernorm.weight": [hidden]}


def attention_shapes(layer, hidden, heads, pairs, width, bias=False):
    shapes = {}
    for name, rows, columns in (("q", heads * width, hidden), ("k", pairs * width, hidden), ("v", pairs * width, hidden),
                                ("o", hidden, heads * width)):
        shapes[f"{layer}.self_attn.{name}_proj.weight"] = [rows, columns]
        if bias:
            shapes[f"{layer}.self_attn.{name}_proj.bias"] = [rows]
    return shapes


def mlp_shapes(block, hidden, inner, names=("gate_proj", "up_proj", "down_proj")):
    gate, up, down = names
    return {f"{block}.{gate}.weight": [inner, hidden], f"{block}.{up}.weight": [inner, hidden],
            f"{block}.{down}.weight": [hidden, inner]}


def qwen3_moe(hidden=256, inner=256, experts=4, vocabulary=128, heads=4, pairs=2, width=64):
    config = base_config("Qwen3MoeForCausalLM", "qwen3_moe", hidden, vocabulary) | {
        "decoder_sparse_step": 1, "head_dim": width, "intermediate_size": 2 * inner, "mlp_only_layers": [],
        "moe_intermediate_size": inner, "norm_topk_prob": True, "num_attention_heads": heads, "num_experts": experts,
        "num_key_value_heads": pairs, "rope_scaling": None, "rope_theta": 10000.0, "sliding_window": None,
        "use_sliding_window": False,
    }
    shapes = outer_shapes(hidden, vocabulary)
    for layer in ("model.layers.0", "model.layers.1"):
        shapes |= norm_shapes(layer, hidden) | attention_shapes(layer, hidden, heads, pairs, width)
        shapes |= {f"{layer}.self_attn.{name}_norm.weight": [width] for name in "qk"}
        shapes[f"{layer}.mlp.gate.weight"] = [experts, hidden]
        for expert in range(experts):
            shapes |= mlp_shapes(f"{layer}.mlp.experts.{expert}", hidden, inner)
    return Model(config, shapes)


def minimax_m2(hidden=256, inner=256, experts=4, vocabulary=128, heads=4, pairs=2, width=64):
    config = base_config("MiniMaxM2ForCausalLM", "minimax_m2", hidden, vocabulary) | {
        "head_dim": width, "intermediate_size": inner, "num_attention_heads": heads, "num_key_value_heads": pairs,
        "num_local_experts": experts, "qk_norm_type": "per_layer", "rope_theta": 10000, "rotary_dim": width // 2,
        "scoring_func": "sigmoid", "use_qk_norm": True, "use_routing_bias": True,
    }
    shapes = outer_shapes(hidden, vocabulary)
    for layer in ("model.layers.0", "model.layers.1"):
        shapes |= norm_shapes(layer, hidden) | attention_shapes(layer, hidden, heads, pairs, width)
        shapes[f"{layer}.self_attn.q_norm.weight"] = [heads * width]
        shapes[f"{layer}.self_attn.k_norm.weight"] = [pairs * width]
        shapes[f"{layer}.block_sparse_moe.gate.weight"] = [experts, hidden]
        shapes[f"{layer}.block_sparse_moe.e_score_correction_bias"] = [experts]
        for expert in range(experts):
            shapes |= mlp_shapes(f"{layer}.block_sparse_moe.experts.{expert}", hidden, inner, ("w1", "w3", "w2"))
    return Model(config, shapes)


def shared_expert_config(experts, inner):
    return {"first_k_dense_replace": 1, "intermediate_size": 2 * inner, "moe_intermediate_size": inner, "n_group": 1,
            "n_routed_experts": experts, "n_shared_experts": 1, "norm_topk_prob": True, "routed_scaling_factor": 1.5,
            "topk_group": 1}


def shared_expert_shapes(hidden, inner, experts):
    """A dense layer, then one with a router, experts and a shared one."""
    shapes = mlp_shapes("model.layers.0.mlp", hidden, 2 * inner)
    shapes |= mlp_shapes("model.layers.1.mlp.shared_experts", hidden, inner)
    shapes["model.layers.1.mlp.gate.weight"] = [experts, hidden]
    shapes["model.layers.1.mlp.gate.e_score_correction_bias"] = [experts]
    for expert in range(experts):
        shapes |= mlp_shapes(f"model.layers.1.mlp.experts.{expert}", hidden, inner)
    return shapes


def glm4_moe(hidden=256, inner=256, experts=4, vocabulary=128, heads=4, pairs=2, width=64):
    config = base_config("Glm4MoeForCausalLM", "glm4_moe", hidden, vocabulary) | shared_expert_config(experts, inner) | {
        "attention_bias": True, "head_dim": width, "num_attention_heads": heads, "num_key_value_heads": pairs,
        "partial_rotary_factor": 0.5, "rope_scaling": None, "rope_theta": 10000, "use_qk_norm": False,
    }
    shapes = outer_shapes(hidden, vocabulary) | shared_expert_shapes(hidden, inner, experts)
    for layer in ("model.layers.0", "model.layers.1"):
        shapes |= norm_shapes(layer, hidden) | attention_shapes(layer, hidden, heads, pairs, width, bias=True)
        del shapes[f"{layer}.self_attn.o_proj.bias"]
    return Model(config, shapes)


def deepseek_v3(hidden=256, inner=320, experts=4, vocabulary=128, heads=4, latent=160, queries=192, plain=48, turned=32):
    """Heads of 48 + 48 rows of kv_b_proj lie across blocks of 128; no side of it and of the experts is a multiple of 128."""
    config = base_config("DeepseekV3ForCausalLM", "deepseek_v3", hidden, vocabulary) | shared_expert_config(experts, inner) | {
        "kv_lora_rank": latent, "num_attention_heads": heads, "num_key_value_heads": heads, "q_lora_rank": queries,
        "qk_nope_head_dim": plain, "qk_rope_head_dim": turned, "rope_scaling": None, "rope_theta": 10000,
        "scoring_func": "sigmoid", "topk_method": "noaux_tc", "v_head_dim": plain, "moe_layer_freq": 1,
    }
    shapes = outer_shapes(hidden, vocabulary) | shared_expert_shapes(hidden, inner, experts)
    for layer in ("model.layers.0", "model.layers.1"):
        attention = f"{layer}.self_attn"
        shapes |= norm_shapes(layer, hidden) | {
            f"{attention}.q_a_proj.weight": [queries, hidden], f"{attention}.q_a_layernorm.weight": [queries],
            f"{attention}.q_b_proj.weight": [heads * (plain + turned), queries],
            f"{attention}.kv_a_proj_with_mqa.weight": [latent + turned, hidden],
            f"{attention}.kv_a_layernorm.weight": [latent],
            f"{attention}.kv_b_proj.weight": [heads * 2 * plain, latent], f"{attention}.o_proj.weight": [hidden, heads * plain],
        }
    return Model(config, shapes)


def gpt_oss(hidden=256, inner=256, experts=4, vocabulary=128, heads=4, pairs=2, width=64):
    """Of the experts it has the biases only: how their weights are stored is the form's."""
    config = base_config("GptOssForCausalLM", "gpt_oss", hidden, vocabulary) | {
        "attention_bias": True, "experts_per_token": 2, "head_dim": width, "initial_context_length": 64,
        "intermediate_size": inner, "layer_types": ["sliding_attention", "full_attention"], "num_attention_heads": heads,
        "num_key_value_heads": pairs, "num_local_experts": experts, "rms_norm_eps": 1e-05, "rope_theta": 150000,
        "rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "original_max_position_embeddings": 64,
                         "rope_type": "yarn", "truncate": False},
        "sliding_window": 16, "swiglu_limit": 7.0,
    }
    shapes = outer_shapes(hidden, vocabulary)
    for layer in ("model.layers.0", "model.layers.1"):
        shapes |= norm_shapes(layer, hidden) | attention_shapes(layer, hidden, heads, pairs, width, bias=True) | {
            f"{layer}.self_attn.sinks": [heads],
            f"{layer}.mlp.router.weight": [experts, hidden], f"{layer}.mlp.router.bias": [experts],
            f"{layer}.mlp.experts.gate_up_proj_bias": [experts, 2 * inner],
            f"{layer}.mlp.experts.down_proj_bias": [experts, hidden],
        }
    return Model(config, shapes)
