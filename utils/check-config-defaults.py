#!/usr/bin/env python3
"""Compares what an absent key of a config.json means to moec with what it means to Transformers.

    moec families --json | check-config-defaults.py

Reads the tables of keys of all families and holds each against that family's configuration class: defaults, other
names, whether null is a value, and that each key of the class is either read or known to change no logits. Prints
each difference; exits with 1 if there is one. Needs Transformers and PyTorch, so no test runs it.
"""
import json
import sys

import torch
import transformers
from transformers import CONFIG_MAPPING, PreTrainedConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

transformers.logging.set_verbosity_error()

# Families that Transformers has no class for, and whose class their checkpoints name.
CLASS_OF = {"kimi_k2": "deepseek_v3"}

# Keys of classes that no inference of logits reads.
UNREAD = {
    "attention_dropout", "bos_token_id", "initializer_range", "output_router_logits", "pad_token_id", "pretraining_tp",
    "router_aux_loss_coef", "router_jitter_noise", "use_cache",
}
# Keys of some classes that their models do not read.
UNREAD_OF = {
    "deepseek_v3": {"num_key_value_heads"},
    "deepseek_v32": {"num_key_value_heads", "num_experts", "mlp_bias", "head_dim", "layer_types"},
    "glm_moe_dsa": {"num_key_value_heads", "num_experts", "mlp_bias", "head_dim", "layer_types"},
    "glm4_moe_lite": {"num_key_value_heads"},
}


def differences(family, keys):
    """What is not as in the class, a sentence each."""
    name = CLASS_OF.get(family, family)
    cls = CONFIG_MAPPING[name]
    config = cls()
    fields = set(cls.__dataclass_fields__)
    table = {key["name"]: key for key in keys}
    rope = config.rope_parameters
    for key in keys:
        where, default = f"{family}: {key['name']}", key.get("default")
        if key["name"] in ("rope_theta", "partial_rotary_factor"):
            actual = rope.get(key["name"])
        elif key["name"] == "rope_parameters":
            # Of an object only what it states beyond the family's theta counts.
            actual = {k: v for k, v in rope.items() if k not in ("rope_theta", "partial_rotary_factor")}
            default = default or {"rope_type": "default"}
        elif key.get("undeclared"):
            if key["name"] in fields:
                yield f"{where} is declared by {cls.__name__}"
            continue
        elif key["name"] not in fields:
            yield f"{where} is not declared by {cls.__name__}"
            continue
        else:
            # Not the instance's: what __post_init__ makes of it follows from other keys.
            actual = cls.__dataclass_fields__[key["name"]].default
        if "default" in key and (actual != default or isinstance(actual, bool) != isinstance(default, bool)):
            yield f"{where} is {default!r} by default, in {cls.__name__} {actual!r}"
        yield from null_differences(where, cls, key)
    for alias, target in cls.attribute_map.items():
        if target in table and alias not in table[target].get("aliases", []):
            yield f"{family}: {target} is called {alias}, too, by {cls.__name__}"
    own = fields - set(PreTrainedConfig.__dataclass_fields__)
    for field in sorted(own - set(table) - UNREAD - UNREAD_OF.get(name, set())):
        yield f"{family}: {field} of {cls.__name__} is not in the table"


def null_differences(where, cls, key):
    """Null is a value exactly where a class that takes it as such has another default."""
    if key["name"] not in cls.__dataclass_fields__ or key.get("default") is None:
        return
    try:
        value = getattr(cls(**{key["name"]: None}), key["name"])
    except Exception:  # refused: moec may read it either way
        return
    if value is None and not key.get("null_is_value") and key["name"] not in NULL_FAILS:
        yield f"{where} may be null in {cls.__name__}"


# Keys that classes take as null, only for their models to fail or to do as with the default.
NULL_FAILS = {
    "n_group", "topk_group", "num_experts_per_tok", "first_k_dense_replace", "norm_topk_prob", "rope_interleave",
    "v_head_dim", "moe_k", "moe_num_experts", "moe_num_shared_experts", "moe_layer_start_index", "moe_layer_end_index",
    "moe_layer_interval", "moe_norm_min", "use_bias",
}


def rope_differences(keys):
    """Explicit defaults have to give the frequencies that absent keys give."""
    table = {key["name"]: key.get("default") for key in keys}
    base = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 64}

    def frequencies(**more):
        config = CONFIG_MAPPING["qwen3_moe"](max_position_embeddings=256, rope_parameters=base | more)
        return ROPE_INIT_FUNCTIONS["yarn"](config, "cpu")

    expected, factor = frequencies()
    for name, default in table.items():
        if name in base:
            continue
        if name in ("partial_rotary_factor",):
            default = 1.0
        found, magnitude = frequencies(**{name: default})
        if not torch.equal(found, expected) or magnitude != factor:
            yield f"rope_parameters.{name} is {default!r} by default, not in Transformers"


def main():
    tables = json.load(sys.stdin)
    found = list(rope_differences(tables.pop("rope_parameters")))
    for family, keys in tables.items():
        found += differences(family, keys)
    for sentence in found:
        print(sentence)
    print(f"{len(tables)} families, Transformers {transformers.__version__}: {len(found)} difference(s)")
    sys.exit(1 if found else 0)


main()
