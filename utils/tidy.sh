#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) on the sources that differ from where the branch left main, or on main from the commit
# before, and that the build folder $1 knows how to compile.
set -euo pipefail
cd "$(dirname "$0")/.."
database=${1:-build}/compile_commands.json
if ! command -v clang-tidy-22 >/dev/null; then
  echo 'clang-tidy: skipped, clang-tidy-22 is not installed'
  exit 0
elif [ ! -f "$database" ]; then
  echo "clang-tidy: skipped, there is no $database before the first build"
  exit 0
fi
base=$(git merge-base HEAD origin/main 2>/dev/null || true)
if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
  base=$(git rev-parse --verify -q HEAD~1) || exit 0
fi
findings=$({ git diff --name-only --diff-filter=d "$base" -- '*.cpp'; git ls-files --others --exclude-standard '*.cpp'; } | sort -u |
  while read -r file; do
    if grep -q "\"file\": \"$PWD/$file\"" "$database"; then printf '%s\0' "$file"; fi
  done | xargs -0 -r -n 1 -P 2 clang-tidy-22 -p "$(dirname "$database")" --quiet 2>/dev/null |
  # What does not compile is for the build to say, which may be behind the sources.
  grep -A 3 -e '-warnings-as-errors\]$' || true)
[ -z "$findings" ] && exit 0
printf '%s\n' "$findings"
exit 1
