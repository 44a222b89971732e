"""gpt-oss: the experts of a layer in one tensor of MXFP4 blocks, the rows of gate and up in turn."""
from array import array

from codes import E2M1, split, transposed, two_a_byte
from linear import Linear


def experts(name, count, rows, columns, damage):
    """Blocks [experts, rows, K / 32, 16] and exponents [experts, rows, K / 32]; plain [experts, K, rows]."""
    blocks, exponents, plain = [], [], array("f")
    for expert in range(count):
        x = Linear(f"{name}.{expert}", [rows, columns], damage)
        codes, (stored, scales) = x.codes(E2M1), x.exponents(rows * columns // 32, x.unit(E2M1))
        blocks.append(two_a_byte(codes))
        exponents.append(stored)
        if damage == "half-blocks":
            codes = b"".join([part[::2] + part[1::2] for part in split(codes, 32)])
        x.value(E2M1, codes, scales, (1, 32))
        weight = transposed(x.plain, rows, columns)
        if damage == "interleave" and name.endswith("gate_up_proj"):
            for line in range(0, len(weight), rows):
                half = line + rows // 2
                weight[line:line + rows:2], weight[line + 1:line + rows:2] = weight[line:half], weight[half:line + rows]
        plain += weight
    packed = {f"{name}_blocks": ("U8", [count, rows, columns // 32, 16], b"".join(blocks)),
              f"{name}_scales": ("U8", [count, rows, columns // 32], b"".join(exponents))}
    return packed, {name: ("F32", [count, columns, rows], plain.tobytes())}


def all_experts(config, damage):
    """The experts of each layer: the tensors of the published form, and the plain ones."""
    count, hidden, inner = (config[key] for key in ("num_local_experts", "hidden_size", "intermediate_size"))
    packed, plain = {}, {}
    for layer in range(config["num_hidden_layers"]):
        for name, rows, columns in (("gate_up_proj", 2 * inner, hidden), ("down_proj", hidden, inner)):
            one, other = experts(f"model.layers.{layer}.mlp.experts.{name}", count, rows, columns, damage)
            packed |= one
            plain |= other
    return packed, plain


CONFIG = {"modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
          "quant_method": "mxfp4"}
