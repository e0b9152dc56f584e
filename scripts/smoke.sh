#!/usr/bin/env bash
# The built tool, as a user runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tool=$PWD/artifacts/bin/onnxembed

(cd / && "$tool" --help >/dev/null)
