"""How long `moec compile` takes for a large checkpoint in gpt-oss's published MXFP4 form, beside `cp` of the same files.

Writes a checkpoint of gpt-oss-20b's sizes with random codes (--layers chooses its size; 0.4 GB each), then takes turns: both
start with the checkpoint evicted from the page cache, and end when what they wrote is on the disk. Prints seconds, the ratio
of the medians, and the most anonymous and shared memory that the compiler had.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import struct
import subprocess
import sys
import time

HIDDEN, EXPERTS, HEADS, KV_HEADS, HEAD, VOCABULARY = 2880, 32, 64, 8, 64, 33504
CONFIG = {
    "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "attention_bias": True, "head_dim": HEAD,
    "hidden_size": HIDDEN, "intermediate_size": HIDDEN, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
    "num_local_experts": EXPERTS, "num_experts_per_tok": 4, "rms_norm_eps": 1e-5, "sliding_window": 128,
    "swiglu_limit": 7.0, "max_position_embeddings": 131072, "vocab_size": VOCABULARY, "tie_word_embeddings": False,
    "rope_theta": 150000, "rope_scaling": {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
                                           "original_max_position_embeddings": 4096, "truncate": False},
    "quantization_config": {"quant_method": "mxfp4",
                            "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router",
                                                       "model.embed_tokens", "lm_head"]},
}


def tensors(layers):
    yield "model.embed_tokens.weight", "BF16", [VOCABULARY, HIDDEN]
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", "BF16", [HIDDEN]
        for name, rows, columns in (("q", HEADS * HEAD, HIDDEN), ("k", KV_HEADS * HEAD, HIDDEN),
                                    ("v", KV_HEADS * HEAD, HIDDEN), ("o", HIDDEN, HEADS * HEAD)):
            yield f"{prefix}self_attn.{name}_proj.weight", "BF16", [rows, columns]
            yield f"{prefix}self_attn.{name}_proj.bias", "BF16", [rows]
        yield prefix + "self_attn.sinks", "BF16", [HEADS]
        yield prefix + "post_attention_layernorm.weight", "BF16", [HIDDEN]
        yield prefix + "mlp.router.weight", "BF16", [EXPERTS, HIDDEN]
        yield prefix + "mlp.router.bias", "BF16", [EXPERTS]
        for name, rows in (("gate_up_proj", 2 * HIDDEN), ("down_proj", HIDDEN)):
            yield f"{prefix}mlp.experts.{name}_blocks", "U8", [EXPERTS, rows, HIDDEN // 32, 16]
            yield f"{prefix}mlp.experts.{name}_scales", "U8", [EXPERTS, rows, HIDDEN // 32]
            yield f"{prefix}mlp.experts.{name}_bias", "BF16", [EXPERTS, rows]
    yield "model.norm.weight", "BF16", [HIDDEN]
    yield "lm_head.weight", "BF16", [VOCABULARY, HIDDEN]


def write(folder, layers):
    folder.mkdir(parents=True)
    kinds = ["sliding_attention" if layer % 2 == 0 else "full_attention" for layer in range(layers)]
    (folder / "config.json").write_text(json.dumps({**CONFIG, "num_hidden_layers": layers, "layer_types": kinds}))
    source = random.Random(1)
    # Small numbers in bf16, scales about 2^-5, any codes; a few MiB of each, again and again.
    bf16 = b"".join(struct.pack("<H", 0x3c00 | source.getrandbits(1) << 15 | source.getrandbits(7)) for _ in range(1 << 20))
    scales = bytes(source.randrange(118, 124) for _ in range(1 << 21))
    codes = source.randbytes(1 << 22)
    header, offset = {}, 0
    for name, dtype, shape in tensors(layers):
        size = 2 if dtype == "BF16" else 1
        for extent in shape:
            size *= extent
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, entry in header.items():
            pattern = bf16 if entry["dtype"] == "BF16" else scales if name.endswith("_scales") else codes
            left = entry["data_offsets"][1] - entry["data_offsets"][0]
            while left:
                left -= file.write(pattern[:left])
        os.fsync(file.fileno())
    return offset


def evict(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def flush(path):
    for file in [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]:
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())


def memory(process):
    """Anonymous and shared bytes now; 0 once it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem")))


def run(command, result):
    """Seconds until the result is on the disk, and the most memory."""
    start, most = time.monotonic(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        most = max(most, memory(process))
        time.sleep(0.02)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{process.stderr.read()[-2000:]}")
    flush(result)
    seconds = time.monotonic() - start
    shutil.rmtree(result)
    return seconds, most


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moec", type=pathlib.Path, default="build-release/bin/moec", help="%(default)s")
    parser.add_argument("--work", type=pathlib.Path, default="build/packing", help="a folder on the disk to measure (%(default)s)")
    parser.add_argument("--layers", type=int, default=14, help="%(default)s, which is 6 GB")
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    source, copy, artifact = (options.work / name for name in ("checkpoint", "copy", "model.moec"))
    for path in (source, copy, artifact):
        shutil.rmtree(path, ignore_errors=True)
    size = write(source, options.layers)
    copies, compiles, most = [], [], 0
    for _ in range(options.repetitions):
        evict(source)
        copies.append(run(["cp", "-r", source, copy], copy)[0])
        evict(source)
        seconds, bytes_held = run([options.moec, "compile", source, "-o", artifact], artifact)
        compiles.append(seconds)
        most = max(most, bytes_held)
    shutil.rmtree(source)
    print(f"{size / 1e9:.2f} GB: cp {' '.join(f'{s:.1f}' for s in copies)} s, compile {' '.join(f'{s:.1f}' for s in compiles)} s,"
          f" ratio of medians {statistics.median(compiles) / statistics.median(copies):.2f},"
          f" anonymous and shared memory {most / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
