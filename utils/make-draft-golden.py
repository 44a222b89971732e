#!/usr/bin/env python3
"""States the multi-token-prediction layer of a checkpoint with PyTorch and Transformers' own decoder layer.

    make-draft-golden.py logits CHECKPOINT OUTPUT [TOKENS]
    make-draft-golden.py acceptance CHECKPOINT [--dense] [--tokens N]

`logits` writes what `moec eval --function draft` compares with: `input_ids` of golden.safetensors, at most TOKENS of
its first sequence if that is said, and `mtp_logits` [B, T - 1, V], whose row t is computed from the hidden state of
token t and the embedding of token t + 1. `acceptance` prints how often the first one, two, three drafts behind each
token of greedy answers are all what the model itself goes on with; --dense has all layers attend to all keys. Prompts
are 16 tokens at each 48th of the sequences of golden.safetensors.
"""
import argparse
import copy
import importlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.masking_utils import create_causal_mask


class Draft:
    """A model and its multi-token-prediction layer."""

    def __init__(self, folder, dense):
        config = AutoConfig.from_pretrained(folder).get_text_config()
        config._attn_implementation = "eager"
        if dense:
            config.index_topk = config.max_position_embeddings
        self.model = AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=torch.float32).eval()
        # Transformers 5.12 rotates indexers half-split, whatever the configuration says.
        module = importlib.import_module(type(self.model).__module__)
        if getattr(config, "indexer_rope_interleave", False):
            module.apply_rotary_pos_emb = module.apply_rotary_pos_emb_interleave
        self.tensors = {}
        for file in sorted(folder.glob("model*.safetensors")):
            self.tensors.update({name: tensor.float() for name, tensor in load_file(file).items()})
        self.qwen = "mtp.fc.weight" in self.tensors
        self.prefix = "mtp." if self.qwen else f"model.layers.{config.num_hidden_layers}."
        self.config = self.extend(config)
        self.layer = self.make_layer()

    @staticmethod
    def extend(config):
        """The configuration with one more layer, of full attention and experts."""
        config = copy.deepcopy(config)
        for name, word in (("layer_types", None), ("mlp_layer_types", "sparse"), ("indexer_types", "full")):
            words = getattr(config, name, None)
            if words:
                full = "full_attention" if "full_attention" in words else words[-1]
                setattr(config, name, [*words[: config.num_hidden_layers], word or full])
        config.num_hidden_layers += 1
        return config

    def make_layer(self):
        kind = type(self.model.model.layers[-1])
        layer = kind(self.config, self.config.num_hidden_layers - 1).float().eval()
        own = self.prefix + ("layers.0." if self.qwen else "")
        state = {name[len(own) :]: tensor for name, tensor in self.tensors.items() if name.startswith(own)}
        if "mlp.experts.0.up_proj.weight" in state:
            halves = [self.stack(state, name) for name in ("gate_proj", "up_proj")]
            state["mlp.experts.gate_up_proj"] = torch.cat(halves, dim=1)
            state["mlp.experts.down_proj"] = self.stack(state, "down_proj")
        wanted = layer.state_dict().keys()
        layer.load_state_dict({name: state[name] for name in wanted})
        return layer

    @staticmethod
    def stack(state, name):
        count = sum(key.endswith(f".{name}.weight") and ".experts." in key for key in state)
        return torch.stack([state[f"mlp.experts.{expert}.{name}.weight"] for expert in range(count)])

    def norm(self, x, name):
        weight = self.tensors[self.prefix + name + ".weight"]
        scaled = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config.rms_norm_eps)
        return scaled * (weight + 1 if self.qwen else weight)

    def run(self, hidden, ids):
        """From hidden states and the tokens behind them: logits, and what the next draft goes on from."""
        names = ("pre_fc_norm_embedding", "pre_fc_norm_hidden", "fc", "norm")
        embedding, previous, join, last = names if self.qwen else ("enorm", "hnorm", "eh_proj", "shared_head.norm")
        x = torch.cat([self.norm(self.model.model.embed_tokens(ids), embedding), self.norm(hidden, previous)], dim=-1)
        x = x @ self.tensors[self.prefix + join + ".weight"].T
        positions = torch.arange(ids.shape[1]).unsqueeze(0)
        rotation = self.model.model.rotary_emb(
            x, positions.expand(3, 1, -1) if hasattr(self.model.model.rotary_emb, "mrope_section") else positions
        )
        mask = create_causal_mask(
            config=self.config, inputs_embeds=x, attention_mask=None, past_key_values=None, position_ids=positions
        )
        x = self.layer(x, position_embeddings=rotation, attention_mask=mask, position_ids=positions)
        x = self.norm(x[0] if isinstance(x, tuple) else x, last)
        return self.model.lm_head(x), x

    def hidden(self, ids):
        return self.model.model(ids).last_hidden_state


def write_logits(options):
    draft = Draft(options.checkpoint, dense=False)
    ids = load_file(options.checkpoint / "golden.safetensors")["input_ids"]
    if options.tokens:
        ids = ids[:1, : options.tokens]
    logits, _ = draft.run(draft.hidden(ids)[:, :-1], ids[:, 1:])
    save_file({"input_ids": ids.contiguous(), "mtp_logits": logits.contiguous()}, options.output)
    print(f"mtp_logits: standard deviation {logits.std():.2f}")


def answer(draft, prompts, count):
    ids = prompts
    for _ in range(count):
        ids = torch.cat([ids, draft.model(ids).logits[:, -1:].argmax(-1)], dim=1)
    return ids


def count_accepted(draft, ids, hidden, prompt, most):
    """For each token of an answer but the last ones: how many drafts behind it are right before one is wrong."""
    last = torch.arange(prompt - 1, len(ids) - most - 1)
    rows = torch.arange(len(last))
    # A text for each of these tokens; what lies behind its last row changes nothing.
    states, tokens = hidden.repeat(len(last), 1, 1), torch.cat([ids[1:], ids[:1]]).repeat(len(last), 1)
    right, going = torch.zeros_like(last), torch.ones_like(last)
    for step in range(most):
        logits, own = draft.run(states, tokens)
        guess = logits[rows, last + step].argmax(-1)
        going = going * (guess == ids[last + 2 + step])
        right += going
        states[rows, last + step + 1], tokens[rows, last + step + 1] = own[rows, last + step], guess
    return right


def print_acceptance(options):
    draft = Draft(options.checkpoint, options.dense)
    prompts = load_file(options.checkpoint / "golden.safetensors")["input_ids"].unfold(1, 16, 48).flatten(0, 1)
    answers = answer(draft, prompts, options.tokens)
    texts = zip(answers, draft.hidden(answers), strict=True)
    accepted = torch.cat([count_accepted(draft, *text, prompts.shape[1], most=3) for text in texts])
    shares = [(accepted > step).float().mean().item() for step in range(3)]
    print(f"{len(accepted)} tokens:", ", ".join(f"{share:.4f}" for share in shares))


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    logits = commands.add_parser("logits")
    logits.add_argument("checkpoint", type=Path)
    logits.add_argument("output", type=Path)
    logits.add_argument("tokens", type=int, nargs="?")
    logits.set_defaults(run=write_logits)
    acceptance = commands.add_parser("acceptance")
    acceptance.add_argument("checkpoint", type=Path)
    acceptance.add_argument("--dense", action="store_true")
    acceptance.add_argument("--tokens", type=int, default=64)
    acceptance.set_defaults(run=print_acceptance)
    options = parser.parse_args()
    options.run(options)


main()
