"""The published forms: what is written how, under which configuration, and what a careless reader could take it for."""
import re

import awq_gptq
import compressed
import fp8
import gpt_oss
import models
import modelopt
import quark
from codes import round_to
from linear import DAMAGES, Linear
from models import draw_plain

DAMAGES = DAMAGES | {
    "word-order": "codes lie in a word in the order of their places",
    "order-inverse": "AWQ's order of places is taken for the order of columns",
    "global-inverse": "NVFP4's scale of the tensor is multiplied instead of divided by, or the reverse",
    "global-lost": "NVFP4's scale of the tensor is not read",
    "cache-scale": "a weight is multiplied by the scale of the FP8 cache",
    "no-offset": "INT4 and INT8 in words are taken for unsigned",
    "no-sign": "INT8 is taken for unsigned",
    "zero-axis": "zero points lie along the other side",
    "zero-as-stored": "GPTQ's zero points are what is stored",
    "g-idx-unread": "groups follow each other along K whatever g_idx says",
    "half-blocks": "low nibbles are the first half of a block",
    "interleave": "the rows of gate come before those of up",
}


class Form:
    """`writer`: a function of a Linear, or pairs (pattern of names, function), of which the first that matches counts.

    What no pattern matches stays as it is. `files` are further JSON files, `experts` writes experts that are one tensor,
    `changes` are those of config.json, and `others` are tensors that the model does not need.
    """

    def __init__(self, model, writer, config, damages, files=None, shards=1, experts=None, changes=None, others=None):
        self.model, self.config, self.damages = model, config, damages.split()
        self.writers = writer if isinstance(writer, list) else [("", writer)]
        self.files, self.shards, self.experts = files or {}, shards, experts
        self.changes, self.others = changes or {}, others or {}

    def writer_of(self, name):
        return next((writer for pattern, writer in self.writers if re.search(pattern, name)), None)

    def make(self, damage=None):
        """The configuration with quantization_config and without, the tensors of the form, and the plain ones."""
        if damage not in [None, *self.damages]:
            raise SystemExit(f"this form has no damage {damage}; it has {', '.join(self.damages)}")
        plain_config = self.model.config | self.changes
        config = plain_config | ({"quantization_config": self.config} if self.config else {})
        packed, plain = self.experts(plain_config, damage) if self.experts else ({}, {})
        packed |= self.others
        dtype = {"bfloat16": "BF16", "float16": "F16"}[plain_config["torch_dtype"]]
        linears = {name for name in self.model.linears() if self.writer_of(name)}
        # Few tools quantise the head.
        linears |= {"lm_head"} & {pattern for pattern, _ in self.writers}
        for name, shape in self.model.shapes.items():
            module = name.removesuffix(".weight")
            if module not in linears:
                packed[name] = plain[name] = draw_plain(name, shape, dtype)
                continue
            x = Linear(module, shape, damage)
            self.writer_of(module)(x)
            packed |= x.tensors
            plain |= x.plain_tensors()
        return config, plain_config, packed, plain


def layers(*patterns):
    """Each pattern for both layers."""
    return [pattern.replace("N", str(layer)) for layer in (0, 1) for pattern in patterns]


ROUTERS = layers("model.layers.N.mlp.gate")
NORMS = layers("model.layers.N.input_layernorm", "model.layers.N.post_attention_layernorm")
EXPERTS = r"experts\.\d+\."
QWEN = models.qwen3_moe()
WIDE_QWEN = models.qwen3_moe(hidden=384)
# Experts of 320: the last of their groups of 128 has 64.
PARTIAL_QWEN = models.qwen3_moe(inner=320)
# Its queries and keys are not normalised, so that their scales show.
GLM = models.glm4_moe()
DEEPSEEK = models.deepseek_v3()
ATTENTION = layers(*(f"model.layers.N.self_attn.{name}_proj" for name in "qkvo"))
MODELOPT_MIXED = dict.fromkeys(ATTENTION, "FP8") | {"model.layers.0.mlp.experts": "NVFP4",
                                                    "model.layers.1.mlp.experts": "W4A16_NVFP4"}
# Scales of an FP8 cache, of the attention or beside projections that are not quantised.
CACHE_SCALES = {name: ("BF16", [1], round_to("BF16", 0.0625)[0])
                for name in layers("model.layers.N.self_attn.k_scale", "model.layers.N.self_attn.v_scale")}
PROJECTION_SCALES = {name: ("F32", [], round_to("F32", 0.05)[0])
                     for name in layers("model.layers.N.self_attn.k_proj.k_scale", "model.layers.N.self_attn.v_proj.v_scale")}
# Some of a layer that predicts further tokens.
PREDICTOR = {f"model.layers.2.{name}.weight": draw_plain(f"{name}.weight", [256]) for name in ("enorm", "hnorm")} | {
    "model.layers.2.eh_proj.weight": draw_plain("eh_proj.weight", [256, 512]),
    "model.layers.2.self_attn.q_a_proj.weight": ("F8_E4M3", [192, 256], bytes(192 * 256)),
    "model.layers.2.self_attn.q_a_proj.weight_scale_inv": ("F32", [2, 2], bytes(16)),
}

FORMS = {
    "quark-mxfp4": Form(
        WIDE_QWEN, quark.mxfp4, quark.config(quark.block("fp4"), ["lm_head", *ROUTERS]),
        "nibbles scale-grid scale-twice scale-lost", shards=2),
    "quark-mxfp6-e2m3": Form(
        QWEN, [(EXPERTS, quark.mxfp6_e2m3)],
        quark.config(quark.block("fp6_e2m3"), ["lm_head", "*.mlp.gate", "*self_attn*"]),
        "word-order scale-grid scale-twice other-float"),
    "quark-mxfp6-e3m2": Form(
        QWEN, [(r"layers\.0\.self_attn", None), ("", quark.mxfp6_e3m2)],
        quark.config(quark.block("fp6_e3m2"), ["lm_head", r"re:.*\.mlp\.gate$", r"re:model\.layers\.0\.self_attn\..*"]),
        "word-order scale-grid scale-twice other-float"),
    "quark-fp8-channel": Form(
        QWEN, quark.fp8_channel, quark.config(quark.CHANNEL, ["lm_head", *ROUTERS]), "scale-inverse scale-lost other-float"),
    "quark-fp8-tensor": Form(
        GLM, quark.fp8_tensor,
        quark.config(quark.TENSOR, ["lm_head", "model.layers.1.mlp.gate"], {"*k_proj": quark.CACHED, "*v_proj": quark.CACHED}),
        "scale-inverse scale-lost other-float input-scale"),
    "quark-mixed": Form(
        QWEN, [(r"layers\.1\.self_attn\.o_proj", None), (r"self_attn\.", quark.fp8_tensor),
               (r"layers\.1\..*down_proj", quark.fp8_channel), (r"layers\.1\.", quark.mxfp6_e2m3), ("", quark.mxfp4)],
        quark.config(quark.block("fp4"), ["lm_head", "*.mlp.gate", "re:.*layers.1.self_attn.o_proj"],
                     {"*self_attn.q_proj": quark.TENSOR, "*self_attn.o_proj": quark.TENSOR,
                      "*self_attn.k_proj": quark.CACHED, "*self_attn.v_proj": quark.CACHED,
                      r"re:model\.layers\.1\.mlp\.experts\.\d+\.down_proj": quark.CHANNEL,
                      "model.layers.1.mlp.experts.*.gate_proj": quark.block("fp6_e2m3"),
                      "model.layers.1.mlp.experts.*.up_proj": quark.block("fp6_e2m3")}),
        "nibbles word-order scale-lost input-scale", shards=3),
    "ct-nvfp4": Form(
        WIDE_QWEN, compressed.nvfp4, compressed.config(["lm_head", *ROUTERS], (["Linear"], compressed.NVFP4)),
        "nibbles scale-grid global-inverse global-lost scale-inverse scale-lost input-scale"),
    "ct-mxfp4": Form(
        DEEPSEEK, [(EXPERTS, compressed.mxfp4)],
        compressed.config(["re:.*self_attn.*", "re:.*shared_experts.*", r"re:.*mlp\.(gate|up|gate_up|down)_proj.*", "re:.*lm_head.*"],
                          (["Linear"], compressed.MXFP4)), "nibbles scale-grid scale-twice scale-lost"),
    "ct-mxfp8": Form(
        QWEN, compressed.mxfp8, compressed.config(["lm_head", r"re:.*mlp\.gate$"], (["Linear"], compressed.MXFP8)),
        "scale-grid scale-twice scale-lost other-float"),
    "ct-int4-kimi": Form(
        DEEPSEEK, [(EXPERTS, compressed.int4_kimi)],
        compressed.config(["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*", r"re:.*mlp\.(gate|up|gate_up|down)_proj.*"],
                          (["Linear"], compressed.INT4_KIMI)), "nibbles scale-grid scale-inverse no-offset", shards=2),
    "ct-int4-g128": Form(
        PARTIAL_QWEN, compressed.int4_group, compressed.config(["lm_head", *ROUTERS], (["Linear"], compressed.INT4_GROUP)),
        "nibbles scale-grid block-from-grid no-offset"),
    "ct-int4-zeros": Form(
        QWEN, compressed.int4_zeros, compressed.config(["lm_head", *ROUTERS], (["Linear"], compressed.INT4_ZEROS)),
        "nibbles scale-grid zero-next zero-middle zero-axis"),
    "ct-int8-channel": Form(
        QWEN, compressed.int8_channel, compressed.config(["lm_head", *ROUTERS], (["Linear"], compressed.INT8_CHANNEL)),
        "scale-inverse scale-lost no-sign"),
    "ct-int8-g128": Form(
        QWEN, compressed.int8_group, compressed.config(["lm_head", *ROUTERS], (["Linear"], compressed.INT8_GROUP)),
        "scale-grid scale-lost no-offset"),
    "ct-fp8-channel": Form(
        GLM, compressed.fp8_channel,
        compressed.config(["lm_head", "model.layers.1.mlp.gate"], (["Linear"], compressed.FP8_CHANNEL),
                          cache=compressed.FP8_TENSOR), "scale-inverse scale-lost other-float", others=CACHE_SCALES),
    "ct-fp8-block": Form(
        QWEN, compressed.fp8_block, compressed.config(["lm_head", r"re:.*mlp.gate$"], (["Linear"], compressed.FP8_BLOCK)),
        "scale-grid scale-inverse other-float"),
    "ct-mixed": Form(
        QWEN, [(r"self_attn|layers\.1\..*down_proj", compressed.fp8_channel), ("", compressed.nvfp4)],
        compressed.config(["lm_head", r"re:.*mlp\.gate$"],
                          ([r"re:.*self_attn\.(q|k|v|o)_proj$", r"re:.*layers\.1\.mlp\.experts\.\d+\.down_proj$"],
                           compressed.FP8_CHANNEL),
                          ([r"re:.*mlp\.experts\.\d+\.(gate|up)_proj$", r"re:.*layers\.0\.mlp\.experts\.\d+\.down_proj$"],
                           compressed.NVFP4)), "nibbles global-inverse global-lost scale-lost"),
    "modelopt-nvfp4": Form(
        QWEN, [("self_attn", None), ("", modelopt.nvfp4)],
        modelopt.config("NVFP4", ["lm_head", *layers("model.layers.N.mlp.gate", "model.layers.N.self_attn*")]),
        "nibbles scale-grid global-inverse global-lost scale-inverse scale-lost input-scale",
        files={"hf_quant_config.json": modelopt.hf_quant_config(
            "NVFP4", ["lm_head", *layers("model.layers.N.mlp.gate", "model.layers.N.self_attn*")], group_size=16)},
        others=PROJECTION_SCALES),
    "modelopt-fp8": Form(
        GLM, [(r"layers\.0\.", None), ("", modelopt.fp8)], None, "scale-inverse scale-lost other-float input-scale cache-scale",
        files={"hf_quant_config.json": modelopt.hf_quant_config("FP8", ["lm_head", "model.layers.0", "model.layers.1.mlp.gate"])}),
    "modelopt-mixed": Form(
        QWEN, [("self_attn", modelopt.fp8), (r"layers\.1\.", modelopt.nvfp4_weights), ("", modelopt.nvfp4)],
        modelopt.mixed_config(MODELOPT_MIXED, ["mtp*"]),
        "nibbles global-inverse global-lost scale-lost cache-scale",
        files={"hf_quant_config.json": modelopt.hf_quant_config(
            "MIXED_PRECISION", ["mtp*"], quantized_layers=modelopt.quantized_layers(MODELOPT_MIXED))}),
    "fp8-deepseek": Form(
        DEEPSEEK, fp8.blocks_f32, fp8.config(), "scale-grid scale-inverse scale-lost block-from-grid other-float", shards=2,
        changes={"num_nextn_predict_layers": 1}, others=PREDICTOR),
    "fp8-qwen": Form(
        PARTIAL_QWEN, fp8.blocks_bf16, fp8.config(["lm_head", *NORMS, *ROUTERS]),
        "scale-grid scale-inverse block-from-grid other-float"),
    "fp8-glm": Form(
        models.glm4_moe(inner=320), [(r"layers\.0\.", None), ("", fp8.blocks_f32)],
        fp8.config(["lm_head", "model.embed_tokens", "model.norm", "model.layers.0", "model.layers.1.input_layernorm",
                    "model.layers.1.post_attention_layernorm", "model.layers.1.mlp.gate",
                    "model.layers.1.mlp.gate.e_score_correction_bias"]), "scale-grid scale-inverse block-from-grid"),
    "fp8-minimax": Form(
        models.minimax_m2(), fp8.blocks_f32,
        fp8.config(["gate", "e_score_correction_bias", "lm_head"], fmt="float8_e4m3fn"), "scale-grid scale-inverse other-float"),
    "minimax-mxfp8": Form(
        models.minimax_m2(hidden=384), fp8.mxfp8,
        fp8.config(quant_method="mxfp8", weight_block_size=[1, 32], scale_fmt="ue8m0",
                   ignored_layers=["lm_head", "model.embed_tokens", *layers("model.layers.N.block_sparse_moe.gate")]),
        "scale-grid scale-twice scale-lost other-float"),
    "gpt-oss-mxfp4": Form(
        models.gpt_oss(), [], gpt_oss.CONFIG, "nibbles half-blocks interleave scale-grid scale-twice scale-lost",
        experts=gpt_oss.all_experts, shards=2),
    "awq": Form(
        QWEN, [(r"layers\.0\.self_attn", None), ("", awq_gptq.awq)],
        awq_gptq.awq_config(["mlp.gate.", "model.layers.0.self_attn.", "lm_head"]),
        "word-order order-inverse scale-grid zero-next zero-middle", changes={"torch_dtype": "float16"}),
    # What is not converted is a part of a name, here also of gate_proj: gate and up have different formats.
    "awq-wide-gates": Form(
        QWEN, [(r"gate_proj|self_attn", None), ("", awq_gptq.awq)], awq_gptq.awq_config(["gate", "self_attn", "lm_head"]),
        "word-order scale-grid", changes={"torch_dtype": "float16"}),
    "gptq": Form(
        PARTIAL_QWEN, awq_gptq.gptq, awq_gptq.gptq_config(),
        "nibbles scale-grid block-from-grid zero-as-stored zero-middle zero-axis"),
    "gptq-act-order": Form(
        QWEN, awq_gptq.gptq_act_order, awq_gptq.gptq_config(desc_act=True), "nibbles g-idx-unread zero-as-stored"),
    # Its head is quantised, and so is not the embedding.
    "gptq-tied-head": Form(
        QWEN, [("lm_head", awq_gptq.gptq)], awq_gptq.gptq_config(lm_head=True, dynamic={r"-:model\..*": {}}), "nibbles",
        changes={"tie_word_embeddings": True}),
    "gptq-v2": Form(
        QWEN, [("self_attn", None), ("", awq_gptq.gptq_v2)],
        awq_gptq.gptq_config(checkpoint_format="gptq_v2", dynamic={r"-:.*\.self_attn\..*": {}}),
        "nibbles scale-grid zero-next zero-axis"),
}
