#!/usr/bin/env python3
"""Writes seeds for CheckpointFuzzer: little matrices in every form of test/formats, each with its configuration.

    checkpoint-seeds.py FOLDER FORMATS      FORMATS is the folder test/formats
"""
import json
import sys
from functools import partial
from pathlib import Path

folder, formats = map(Path, sys.argv[1:])
sys.path.insert(0, str(formats))
sys.dont_write_bytecode = True
import awq_gptq  # noqa: E402
import compressed  # noqa: E402
import gpt_oss  # noqa: E402
from forms import FORMS  # noqa: E402
from linear import Linear  # noqa: E402

SHAPE = [16, 64]
GROUP = 32
# Writers that take the size of a group, so that a little matrix has several.
GROUPED = {awq_gptq.awq: {}, awq_gptq.gptq: {}, awq_gptq.gptq_act_order: {"act_order": True}, awq_gptq.gptq_v2: {"stored_less": 0}}


def matrix(form):
    """The tensors of an expert's matrix, or of the head where that is quantised alone."""
    x = next(Linear(name, SHAPE) for name in ("model.layers.1.mlp.experts.0.up_proj", "lm_head") if form.writer_of(name))
    writer = form.writer_of(x.name)
    if writer in GROUPED:
        writer = partial(getattr(awq_gptq, "awq" if writer is awq_gptq.awq else "gptq"), group=GROUP, **GROUPED[writer])
    elif writer is compressed.int4_zeros:
        writer = partial(compressed.int4_zeros, group=GROUP)
    writer(x)
    return x.tensors


def regrouped(config):
    """The configuration with groups of GROUP where there are larger ones."""
    if isinstance(config, dict):
        return {key: GROUP if key == "group_size" and value == 128 else regrouped(value) for key, value in config.items()}
    return [regrouped(item) for item in config] if isinstance(config, list) else config


def seed(name, form):
    if form.experts:
        tensors, _ = gpt_oss.experts("model.layers.1.mlp.experts.up_proj", 2, *SHAPE, None)
    else:
        tensors = matrix(form)
    tensors["model.layers.1.mlp.gate.weight"] = "BF16", [2, 4], bytes(16)
    config = {"quantization_config": regrouped(form.config)} if form.config else {}
    other = (form.files or {}).get("hf_quant_config.json", "")
    lines = "\n".join(" ".join(map(str, [tensor, dtype, *shape])) for tensor, (dtype, shape, _) in tensors.items())
    texts = [json.dumps(config), json.dumps(other) if other else "", lines]
    data = b"".join(data for _, _, data in tensors.values())
    (folder / name).write_bytes(b"\0".join([text.encode() for text in texts] + [data]))


folder.mkdir(parents=True, exist_ok=True)
for name, form in FORMS.items():
    seed(name, form)
