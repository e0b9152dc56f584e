#!/usr/bin/env bash
# Installs @huggingface/transformers from npm into artifacts/clients, unless it is there; prints the directory.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
work="$here/../../artifacts/clients"
mkdir -p "$work"
work="$(cd "$work" && pwd)"
if ! cmp -s "$here/package.json" "$work/package.json" || [ ! -d "$work/node_modules/@huggingface/transformers" ]; then
  cp "$here/package.json" "$work/package.json"
  # The package's install scripts only fetch CUDA libraries; the CPU ones are inside.
  (cd "$work" && ONNXRUNTIME_NODE_INSTALL=skip npm install --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
fi
echo "$work"
