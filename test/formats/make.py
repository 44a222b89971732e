#!/usr/bin/env python3
"""Writes a little checkpoint in a published form, and the same model with the weights that the form stands for.

    make.py FORM FOLDER [--mutate DAMAGE]
    make.py --list

FOLDER gets `packed`, the checkpoint in that form; `plain`, the same model without quantization_config, its quantised
weights in F32 with the values that the codes and scales are worth; and `tokens.safetensors` to run both on. --mutate
makes `plain` what a reader with that fault would take `packed` for; `packed` is the same. The same bytes every time.
"""
import argparse
import struct
from pathlib import Path

from checkpoint import write_checkpoint, write_safetensors
from codes import draw_bytes
from forms import DAMAGES, FORMS

SEQUENCES, TOKENS = 2, 12


def write_tokens(path, vocabulary):
    ids = draw_bytes("tokens", SEQUENCES * TOKENS, range(vocabulary))
    write_safetensors(path, {"input_ids": ("I64", [SEQUENCES, TOKENS], struct.pack(f"<{len(ids)}q", *ids))})


def make(name, folder, damage=None):
    form = FORMS[name]
    config, plain_config, packed, plain = form.make(damage)
    folder.mkdir(parents=True, exist_ok=True)
    write_checkpoint(folder / "packed", config, packed, form.files, form.shards)
    write_checkpoint(folder / "plain", plain_config, plain)
    write_tokens(folder / "tokens.safetensors", config["vocab_size"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("form", nargs="?", choices=FORMS, metavar="FORM")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--mutate", choices=DAMAGES, metavar="DAMAGE")
    parser.add_argument("--list", action="store_true", help="the forms, each with the damages that it has")
    arguments = parser.parse_args()
    if arguments.list:
        for name, form in FORMS.items():
            print(name, *form.damages)
    elif arguments.folder:
        make(arguments.form, arguments.folder, arguments.mutate)
    else:
        parser.error("a form and a folder, or --list")


if __name__ == "__main__":
    main()
