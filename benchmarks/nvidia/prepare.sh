#!/bin/bash
# Makes the folder that run.sh takes to a machine with a card, where nothing is compiled and nothing of LLVM is at hand.
#
#   benchmarks/nvidia/prepare.sh BUILD BUNDLE [TARGET]        TARGET: sm_90 (default), sm_80, sm_100, sm_120
#
# In it: moec-run, the device with its manifest, the emulated driver libraries, the device's tests, the artifacts of the
# bundled model and of six goldens with what is expected of them. It fails if that is more than 64 MiB packed.
set -euo pipefail
build=$(realpath "$1") bundle=$2 target=${3:-sm_90}
here=$(realpath "$(dirname "$0")") source=$(realpath "$here/../..")
goldens="deepseek_v32 gpt_oss glm_moe_dsa mixtral qwen3_next minimax_m3"
prompts=(--prompt "And the Lord said unto" --prompt "In the beginning" --prompt "The king of" --max-tokens 32 --ignore-eos)

rm -rf "$bundle"
mkdir -p "$bundle"/{bin,lib/moec,unittests,models,golden}
cp "$build/bin/moec-run" "$bundle/bin"
cp "$build/unittests/NvptxDeviceTests" "$bundle/unittests"
cp "$build/lib/moec/MoecNvptxDevicePlugin.so" "$build/lib/moec/devices.json" "$bundle/lib/moec"
cp -r "$build/lib/emulated-cuda" "$bundle/lib"
strip -g "$bundle"/bin/* "$bundle"/unittests/* "$bundle"/lib/emulated-cuda/*/*
cp "$here"/*.py "$here/run.sh" "$bundle"
cp "$source/test/golden/README.md" "$bundle/golden"
for program in "$bundle/bin/moec-run" "$bundle/unittests/NvptxDeviceTests"; do
  if ldd "$program" | grep -E "not found|LLVM|MLIR"; then
    echo "$program needs what a machine with a card may lack" >&2
    exit 1
  fi
done

compile() { "$build/bin/moec" compile --activations bf16 "$@" > /dev/null; }
compile "$source/examples/model" --target "$target" -o "$bundle/models/bundled.moec"
compile "$source/examples/model" -o "$bundle/cpu.moec"
"$build/bin/moec" run "$bundle/cpu.moec" "${prompts[@]}" > "$bundle/models/bundled.txt"
rm -r "$bundle/cpu.moec"
printf '%q ' "${prompts[@]}" > "$bundle/models/bundled.options"
for golden in $goldens; do
  compile "$source/test/golden/$golden" --target "$target" -o "$bundle/models/$golden.moec"
  cp "$source/test/golden/$golden/golden.safetensors" "$bundle/golden/$golden.safetensors"
done
echo "$target" > "$bundle/target"

bytes=$(tar -C "$bundle" -cz . | wc -c)
echo "$bundle: $((bytes >> 20)) MiB packed"
[ "$bytes" -le $((64 << 20)) ]
