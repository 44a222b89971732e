#!/usr/bin/env python3
"""Puts a small checkpoint together from the files of cases: make_case.py NAME OUTPUT. Cases share weights and logits."""
import shutil
import sys
from pathlib import Path

# Of each case: the configuration, where tensors come from, the logits of Transformers 5.12.
CASES = {
    "scaling-beside-parameters": ("scaling-beside-parameters", {"model.safetensors": "qwen3.safetensors"}, "yarn"),
    "no-theta": ("no-theta", {"model.safetensors": "mixtral.safetensors"}, "mixtral"),
    "no-routed-scaling": ("no-routed-scaling", {"model.safetensors": "deepseek_mtp.safetensors"}, "deepseek"),
    "tied-but-head-differs": ("tied", {"model.safetensors": "qwen3.safetensors"}, "qwen3"),
    "tied-only-head": ("tied", {"model.safetensors": "only_head.safetensors"}, "only_head"),
    "fused-experts": ("plain", {"model.safetensors": "fused.safetensors"}, "qwen3"),
    "overlay-shard": (
        "plain",
        {
            "model-00001-of-00001.safetensors": "shadowed.safetensors",
            "model-overlay.safetensors": "overlay.safetensors",
            "model.safetensors.index.json": "overlay.index.json",
        },
        "qwen3",
    ),
    "old-index": (
        "plain",
        {"model.safetensors": "qwen3.safetensors", "model.safetensors.index.json": "old.index.json"},
        "qwen3",
    ),
    "numbered-shard": ("plain", {"model-00001-of-00001.safetensors": "qwen3.safetensors"}, "qwen3"),
    "mtp-not-announced": ("mtp-not-announced", {"model.safetensors": "deepseek_mtp.safetensors"}, "deepseek"),
    "buffers": ("buffers", {"model.safetensors": "buffers.safetensors"}, "buffers"),
    "yarn-factor-null": ("yarn-factor-null", {"model.safetensors": "qwen3.safetensors"}, "yarn"),
    "experts-of-two-types": ("plain", {"model.safetensors": "two_types.safetensors"}, "qwen3"),
    "dtype-auto": ("dtype-auto", {"model.safetensors": "qwen3.safetensors"}, "qwen3"),
    "wide-vocabulary": ("wide-vocabulary", {"tokenizer.json": "tokenizer.json"}, None),
    "lfs-pointer": ("tied", {"model.safetensors": "lfs_pointer"}, None),
}


def main():
    name, folder = sys.argv[1], Path(sys.argv[2])
    source = Path(__file__).parent / "cases"
    config, files, golden = CASES[name]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(source / "configs" / f"{config}.json", folder / "config.json")
    for target, origin in files.items():
        shutil.copyfile(source / "weights" / origin, folder / target)
    if golden:
        shutil.copyfile(source / "logits" / f"{golden}.safetensors", folder / "golden.safetensors")


main()
