#!/usr/bin/env bash
# make demo: compiles the bundled model for this CPU and lets it write.
set -euo pipefail
build=${1:-build-release}
here=$(cd "$(dirname "$0")" && pwd)
moec=$build/bin/moec
work=$build/demo
mkdir -p "$work"

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}
run "$moec" import "$here/model" -o "$work/model.mlir"
run "$moec" compile "$work/model.mlir" --target cpu -o "$work/tiny-glm.moec"
run "$moec" run "$work/tiny-glm.moec" --prompt "And the Lord said unto" --max-tokens 64
