#!/usr/bin/env python3
"""Makes a golden checkpoint (see test/golden/README.md) with Transformers and PyTorch.

    make-golden.py CONFIG FOLDER [LONG]

CONFIG is a tiny config.json. FOLDER gets random weights in the form that Transformers writes, and the logits and greedy
tokens that it computes from them, also the logits of a sequence of LONG tokens if that is said. Prints the row of the
README's table: how far its own bf16 run is off.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM


def fill(model):
    """Weights for logits with a standard deviation of about 2, exact in bf16."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape)
        if "embed" in name or "lm_head" in name:
            noise *= 2 / parameter.shape[-1] ** 0.5
        elif "bias" in name or parameter.dim() == 1:
            noise = 0.1 * noise + ("norm" in name and not name.endswith("bias"))
        else:
            noise /= parameter.shape[-1] ** 0.5
        parameter.data = noise.to(torch.bfloat16).float()


def continue_greedily(model, prompt, count):
    tokens = prompt
    for _ in range(count):
        best = model(tokens).logits[:, -1].argmax(-1, keepdim=True)
        tokens = torch.cat([tokens, best], dim=1)
    return tokens


@torch.no_grad()
def main():
    config, folder = AutoConfig.from_pretrained(sys.argv[1]), Path(sys.argv[2])
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    fill(model)
    ids = torch.randint(3, config.vocab_size, (2, 48))
    logits = model(ids).logits
    golden = {"input_ids": ids, "logits": logits, "greedy_prompt_and_output": continue_greedily(model, ids[:1, :24], 24)}
    files = {"golden": golden}
    if len(sys.argv) > 3:
        long = torch.randint(3, config.vocab_size, (1, int(sys.argv[3])))
        files["golden-long"] = {"input_ids": long, "logits": model(long).logits}
    model.to(torch.bfloat16).save_pretrained(folder)
    for file, tensors in files.items():
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / f"{file}.safetensors")
    rounded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="eager").eval()
    off = (rounded(ids).logits.float() - logits).abs()
    print(f"logits: standard deviation {logits.std():.2f}", file=sys.stderr)
    print(f"| {folder.name} | {off.amax(-1).flatten().median():.3f} | {off.mean():.3f} |")


main()
