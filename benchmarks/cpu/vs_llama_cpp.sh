#!/usr/bin/env bash
# moec beside llama.cpp on this CPU: the same layer shapes and bit widths with random weights, the two programs
# alternating. Prints a table, and with --out writes it as JSON and Markdown, and as a plot where matplotlib is installed.
#   vs_llama_cpp.sh --help
exec python3 "$(dirname "$0")/vs_llama_cpp.py" "$@"
