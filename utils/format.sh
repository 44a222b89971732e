#!/usr/bin/env bash
# Checks the formatting of every C and C++ file that git does not ignore; -f mends it.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(comm -23 <(git ls-files --cached --others --exclude-standard '*.cpp' '*.h' '*.c' | sort -u) \
  <(git ls-files --deleted | sort))
[ ${#files[@]} -eq 0 ] && exit 0
if [ "${1:-}" = -f ]; then
  clang-format-22 -i "${files[@]}"
  exit 0
fi
if ! clang-format-22 --dry-run --Werror "${files[@]}" 2>/tmp/moec-format.$$; then
  grep -E 'error:' /tmp/moec-format.$$ | cut -d: -f1 | sort -u | sed 's/^/not formatted: /'
  rm -f /tmp/moec-format.$$
  echo 'error: run `make format`' >&2
  exit 1
fi
rm -f /tmp/moec-format.$$
