#!/usr/bin/env bash
# Installs the Debian packages that moec builds with, when any is missing. Needs root only then.
set -euo pipefail
packages=(
  build-essential cmake ninja-build ccache git python3
  clang-22 clang-format-22 clang-tidy-22 libclang-rt-22-dev lld-22 liblld-22-dev llvm-22-dev llvm-22-tools
  libmlir-22-dev mlir-22-tools libzstd-dev zlib1g-dev
  libflatbuffers-dev flatbuffers-compiler nlohmann-json3-dev libcli11-dev libboost-dev
  libgtest-dev libgmock-dev libbenchmark-dev libpcre2-dev libicu-dev libssl-dev
  curl
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
# For tests with the clients of OpenAI and Anthropic alone, which are left out without it. Others pack npm with node.
install_npm() {
  command -v npm >/dev/null || [ "$(id -u)" -ne 0 ] && return
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null ||
    echo 'warning: npm cannot be installed; tests with clients of servers are left out' >&2
}
if [ ${#missing[@]} -eq 0 ]; then
  install_npm
  exit 0
fi
echo "Installing: ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
  echo "error: these packages are missing and only root can install them; run: apt-get install ${missing[*]}" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
install_npm
