"""Copies a checkpoint and adds a layer of multi-token prediction with random weights, announced by its configuration.

Usage: add_mtp.py CHECKPOINT OUTPUT [unannounced] [dense] [copies] [shares] [bytes] [without NAME]

The decoder layer has the tensors of the checkpoint's last one with full attention, an indexer where there are any, and
experts; with `dense` those of the last dense one instead of experts. `copies` adds the embedding and the head again, the
head with other numbers. `shares` says that later drafts take the first one's selection of keys. `bytes` stores the
matrices as bytes without a format. `unannounced` leaves the configuration alone, `without` leaves tensors out whose names end so.
"""
import json
import pathlib
import random
import shutil
import struct
import sys


def read(file):
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: (info["dtype"], info["shape"], body[slice(*info["data_offsets"])]) for name, info in header.items()}


def write(file, tensors):
    header, body = {}, bytearray()
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write_bytes(struct.pack("<Q", len(text)) + text + body)


def draw(generator, shape):
    """A matrix [.., out, in] whose products keep the size of their rows, in bf16."""
    count = 1
    for extent in shape:
        count *= extent
    scale = shape[-1] ** -0.5
    numbers = (generator.gauss(0, scale) for _ in range(count))
    return b"".join(struct.pack("<f", number)[2:] for number in numbers)


def fill(generator, tensor):
    """Other numbers for a tensor: vectors backwards, as norms and biases have means of their own."""
    dtype, shape, data = tensor
    if len(shape) > 1:
        assert dtype == "BF16", dtype
        return dtype, shape, draw(generator, shape)
    size = {"BF16": 2, "F32": 4}[dtype]
    return dtype, shape, b"".join(data[i : i + size] for i in range(len(data) - size, -1, -size))


def layers_of(tensors, prefix):
    """By number: what tensors are called behind `prefix`N."""
    layers = {}
    for name in tensors:
        if name.startswith(prefix):
            number, _, rest = name[len(prefix) :].partition(".")
            layers.setdefault(int(number), set()).add(rest)
    return layers


def main():
    source, output, options = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(source, output)
    output.chmod(0o755)
    for file in output.iterdir():
        file.chmod(0o644)
    config = json.loads((source / "config.json").read_text())
    tensors, generator = read(source / "model.safetensors"), random.Random(7)

    text = config.get("text_config", config)
    qwen = text["model_type"].startswith(("qwen3_5", "qwen3_next"))
    model = "model.language_model." if "text_config" in config else "model."
    layers = layers_of(tensors, f"{model}layers.")
    attends = {number: names for number, names in layers.items() if any("self_attn" in name for name in names)}
    sparse = {number: names for number, names in attends.items() if any(".experts" in name for name in names)}
    donor = max(sparse, key=lambda number: (any("indexer" in name for name in sparse[number]), number))
    parts = {name: tensors[f"{model}layers.{donor}.{name}"] for name in sorted(layers[donor])}
    if "dense" in options:
        other = max(number for number in layers if number not in sparse)
        parts = {name: tensor for name, tensor in parts.items() if not name.startswith("mlp.")}
        parts |= {
            name: tensors[f"{model}layers.{other}.{name}"] for name in sorted(layers[other]) if name.startswith("mlp.")
        }
    hidden = text["hidden_size"]
    norm, later = parts["input_layernorm.weight"], parts["post_attention_layernorm.weight"]
    join = ("BF16", [hidden, 2 * hidden], b"")
    own = "mtp." if qwen else f"model.layers.{text['num_hidden_layers']}."
    names = ("pre_fc_norm_embedding", "pre_fc_norm_hidden", "fc", "norm")
    if not qwen:
        names = ("enorm", "hnorm", "eh_proj", "shared_head.norm")
    # Those that a checkpoint has already, as a bare reminder, are replaced.
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(own)}
    added = {f"{name}.weight": tensor for name, tensor in zip(names, (later, norm, join, later), strict=True)}
    added |= {("layers.0." if qwen else "") + name: tensor for name, tensor in parts.items()}
    added = {own + name: fill(generator, tensor) for name, tensor in added.items()}
    if "copies" in options:
        added[own + "embed_tokens.weight"] = tensors[f"{model}embed_tokens.weight"]
        added[own + "shared_head.head.weight"] = fill(generator, tensors["lm_head.weight"])
    if "bytes" in options:
        added = {
            name: ("I8", shape, data[::2]) if len(shape) > 1 else (dtype, shape, data)
            for name, (dtype, shape, data) in added.items()
        }
    if "shares" in options:
        text["index_share_for_mtp_iteration"] = True
    if "without" in options:
        left = options[options.index("without") + 1]
        added = {name: tensor for name, tensor in added.items() if not name.endswith(left)}
    if "unannounced" not in options:
        text["mtp_num_hidden_layers" if qwen else "num_nextn_predict_layers"] = 1
    write(output / "model.safetensors", tensors | added)
    (output / "config.json").write_text(json.dumps(config, indent=2))


main()
