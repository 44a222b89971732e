#!/usr/bin/env python3
"""States the multi-token-prediction layer of a checkpoint with PyTorch and Transformers' own decoder layer.

    make-draft-golden.py logits CHECKPOINT OUTPUT [TOKENS]
    make-draft-golden.py acceptance CHECKPOINT [--dense] [--tokens N] [--text FILE] [--prompt N] [--every N]

`logits` writes what `moec eval --function draft` compares with: `input_ids` of golden.safetensors, at most TOKENS of
its first sequence if that is said, and `mtp_logits` [B, T - 1, V], whose row t is computed from the hidden state of
token t and the embedding of token t + 1. Where the configuration has `index_share_for_mtp_iteration`, also
`mtp_next_logits` [B, T - 2, V] for `--function draft_next`: row t is the second draft behind token t + 1, computed from
what the first one leaves and the embedding of token t + 2, with the keys that the first one's indexer has selected.
A selection with room, of a text shorter than `index_topk`, takes the drafted position, too.

`acceptance` prints how often the first one, two, three drafts behind each token of greedy answers of --tokens tokens
are all what the model itself goes on with; --dense has all layers attend to all keys. Prompts are --prompt tokens
(16) at each --every-th (48th) of the sequences of golden.safetensors, or of a text file.
"""
import argparse
import copy
import importlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.masking_utils import create_causal_mask


class Selection(torch.nn.Module):
    """An indexer whose last row may be another one's selection."""

    def __init__(self, indexer):
        super().__init__()
        self.indexer = indexer
        self.given = self.latest = None

    def forward(self, *arguments, **named):
        self.latest = self.indexer(*arguments, **named)
        if self.given is not None:
            self.latest[:, -1] = self.given
        return self.latest


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
        self.shares = getattr(config, "index_share_for_mtp_iteration", False)
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
        if self.shares:
            layer.self_attn.indexer = Selection(layer.self_attn.indexer)
        return layer

    @staticmethod
    def stack(state, name):
        count = sum(key.endswith(f".{name}.weight") and ".experts." in key for key in state)
        return torch.stack([state[f"mlp.experts.{expert}.{name}.weight"] for expert in range(count)])

    def norm(self, x, name):
        weight = self.tensors[self.prefix + name + ".weight"]
        scaled = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config.rms_norm_eps)
        return scaled * (weight + 1 if self.qwen else weight)

    def run(self, hidden, ids, positions=None, mask=None):
        """From hidden states and the tokens behind them: logits, and what the next draft goes on from. Rows are those of
        a text unless positions and a mask say otherwise.
        """
        names = ("pre_fc_norm_embedding", "pre_fc_norm_hidden", "fc", "norm")
        embedding, previous, join, last = names if self.qwen else ("enorm", "hnorm", "eh_proj", "shared_head.norm")
        x = torch.cat([self.norm(self.model.model.embed_tokens(ids), embedding), self.norm(hidden, previous)], dim=-1)
        x = x @ self.tensors[self.prefix + join + ".weight"].T
        if positions is None:
            positions = torch.arange(ids.shape[1]).unsqueeze(0)
        rotation = self.model.model.rotary_emb(
            x, positions.expand(3, 1, -1) if hasattr(self.model.model.rotary_emb, "mrope_section") else positions
        )
        if mask is None:
            mask = create_causal_mask(
                config=self.config, inputs_embeds=x, attention_mask=None, past_key_values=None, position_ids=positions
            )
        x = self.layer(x, position_embeddings=rotation, attention_mask=mask, position_ids=positions)
        x = self.norm(x[0] if isinstance(x, tuple) else x, last)
        return self.model.lm_head(x), x

    def run_next(self, hidden, ids):
        """Logits of second drafts, a row for each token but the last one of `ids`; see `run`."""
        _, own = self.run(hidden, ids)
        selection = self.layer.self_attn.indexer
        first, most = selection.latest, self.config.index_topk
        rows = []
        for t in range(ids.shape[1] - 1):
            selection.given = first[:, t] if t + 1 >= most else torch.arange(t + 2, dtype=first.dtype)
            states = torch.cat([hidden[:, : t + 1], own[:, t : t + 1]], dim=1)
            rows.append(self.run(states, ids[:, : t + 2])[0][:, -1])
        selection.given = None
        return torch.stack(rows, dim=1)

    def hidden(self, ids):
        return self.model.model(ids).last_hidden_state


def write_logits(options):
    draft = Draft(options.checkpoint, dense=False)
    ids = load_file(options.checkpoint / "golden.safetensors")["input_ids"]
    if options.tokens:
        ids = ids[:1, : options.tokens]
    hidden = draft.hidden(ids)[:, :-1]
    logits, _ = draft.run(hidden, ids[:, 1:])
    tensors = {"input_ids": ids.contiguous(), "mtp_logits": logits.contiguous()}
    if draft.shares:
        tensors["mtp_next_logits"] = draft.run_next(hidden, ids[:, 1:]).contiguous()
    save_file(tensors, options.output)
    for name, tensor in list(tensors.items())[1:]:
        print(f"{name}: standard deviation {tensor.std():.2f}")


def answer(draft, prompts, count):
    draft.model.generation_config.eos_token_id = None
    mask = torch.ones_like(prompts)
    return draft.model.generate(prompts, attention_mask=mask, max_new_tokens=count, do_sample=False, pad_token_id=0)


def make_mask(text, last, steps):
    """Of `text` rows of a text and `steps` drafted rows behind each of the rows `last`: what each row sees."""
    count = len(last)
    visible = torch.zeros(text + steps * count, text + steps * count, dtype=torch.bool)
    visible[:text, :text] = torch.ones(text, text).tril().bool()
    for step in range(steps):
        rows = text + step * count + torch.arange(count)
        visible[rows, :text] = torch.arange(text) <= last.unsqueeze(1)
        for before in range(step + 1):
            visible[rows, rows - before * count] = True
    return torch.where(visible, 0.0, torch.finfo(torch.float32).min)[None, None]


def count_accepted(draft, ids, hidden, prompt, most):
    """For each token of an answer but the last ones: how many drafts behind it are right before one is wrong."""
    last = torch.arange(prompt - 1, len(ids) - most - 1)
    text = len(ids) - 1
    states, tokens, positions = hidden[:text], ids[1:], torch.arange(text)
    right, going = torch.zeros_like(last), torch.ones_like(last)
    for step in range(most):
        logits, own = draft.run(states[None], tokens[None], positions[None], make_mask(text, last, step))
        rows = last if step == 0 else torch.arange(len(tokens) - len(last), len(tokens))
        guess = logits[0, rows].argmax(-1)
        going = going * (guess == ids[last + 2 + step])
        right += going
        states, tokens = torch.cat([states, own[0, rows]]), torch.cat([tokens, guess])
        positions = torch.cat([positions, last + step + 1])
    return right


def read_prompts(options):
    if options.text:
        tokenizer = Tokenizer.from_file(str(options.checkpoint / "tokenizer.json"))
        ids = torch.tensor([tokenizer.encode(options.text.read_text(), add_special_tokens=False).ids])
    else:
        ids = load_file(options.checkpoint / "golden.safetensors")["input_ids"]
    return ids.unfold(1, options.prompt, options.every).flatten(0, 1)


def print_acceptance(options):
    draft = Draft(options.checkpoint, options.dense)
    if draft.shares:
        raise SystemExit(f"{options.checkpoint}: later drafts share the first one's selection, which is not stated here")
    prompts = read_prompts(options)
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
    acceptance.add_argument("--text", type=Path)
    acceptance.add_argument("--prompt", type=int, default=16)
    acceptance.add_argument("--every", type=int, default=48)
    acceptance.set_defaults(run=print_acceptance)
    options = parser.parse_args()
    options.run(options)


main()
