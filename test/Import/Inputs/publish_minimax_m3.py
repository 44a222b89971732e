#!/usr/bin/env python3
"""Copies a golden checkpoint of minimax_m3_vl_text as such models are published: publish_minimax_m3.py CHECKPOINT OUTPUT.

The text model is a part of a model with a vision tower: its keys stand in text_config, its tensors under language_model,
experts one by one, gates apart from ups. The indexer's settings are an object of their own, layers are told by numbers.
"""
import json
import re
import shutil
import sys
from pathlib import Path

from rewrite_checkpoint import read, write

INDEXER = {
    "index_n_heads": "sparse_num_index_heads",
    "index_head_dim": "sparse_index_dim",
    "index_block_size": "sparse_block_size",
    "index_topk_blocks": "sparse_topk_blocks",
    "index_local_blocks": "sparse_local_block",
}


def publish_config(config):
    text = {key: value for key, value in config.items() if key not in INDEXER}
    layers = text.pop("layer_types")
    text["sparse_attention_config"] = {
        "use_sparse_attention": True,
        "sparse_score_type": "max",
        "sparse_init_block": 0,
        "sparse_attention_freq": [int(kind != "full_attention") for kind in layers],
    } | {INDEXER[key]: config[key] for key in INDEXER}
    text["moe_layer_freq"] = [int(kind == "sparse") for kind in text.pop("mlp_layer_types")]
    text |= text.pop("rope_parameters")
    text.pop("rope_type")
    text |= {"model_type": "minimax_m3", "hidden_act": "swigluoai", "qk_norm_type": "per_head", "use_gemma_norm": True}
    dtype = text.pop("dtype")
    return {
        "architectures": ["MiniMaxM3SparseForConditionalGeneration"],
        "model_type": "minimax_m3_vl",
        "text_config": text,
        "tie_word_embeddings": text.pop("tie_word_embeddings"),
        "torch_dtype": dtype,
        "vision_config": {"hidden_size": 8, "model_type": "clip_vision_model", "num_hidden_layers": 2},
    }


def split(tensor, count):
    """Equal parts along the first dimension."""
    dtype, shape, data = tensor
    size = len(data) // count
    part = [shape[0] // count, *shape[1:]]
    return [(dtype, part, data[index * size : (index + 1) * size]) for index in range(count)]


def publish_experts(prefix, name, tensor):
    dtype, (count, *shape), _ = tensor
    for index, (_, _, data) in enumerate(split(tensor, count)):
        matrix = dtype, shape, data
        if name == "down_proj":
            yield f"{prefix}.{index}.w2.weight", matrix
        else:
            yield from zip((f"{prefix}.{index}.w1.weight", f"{prefix}.{index}.w3.weight"), split(matrix, 2))


def publish_tensor(name, tensor):
    name = re.sub(r"^", "language_model.", name).replace(".indexer.", ".index_")
    name = re.sub(r"\.mlp\.(?=experts|shared_experts|gate\.)", ".block_sparse_moe.", name)
    name = name.replace(".gate.e_score", ".e_score")
    if match := re.fullmatch(r"(.*\.experts)\.(\w+)", name):
        yield from publish_experts(*match.groups(), tensor)
    elif ".gate_up_proj." in name:
        yield from zip((name.replace("gate_up", "gate"), name.replace("gate_up", "up")), split(tensor, 2))
    else:
        yield name, tensor


def main():
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    config = json.loads((source / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(publish_config(config)))
    tensors = {}
    for name, tensor in read(source / "model.safetensors").items():
        tensors |= publish_tensor(name, tensor)
    for layer in range(2):
        tensors[f"vision_tower.vision_model.encoder.layers.{layer}.mlp.fc1.weight"] = "F8_E4M3", [4, 8], bytes(32)
    tensors["multi_modal_projector.linear_1.weight"] = "BF16", [2, 2], bytes(8)
    write(folder / "model.safetensors", tensors)


main()
