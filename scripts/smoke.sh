#!/usr/bin/env bash
# The built tool, as a user runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tool=$PWD/artifacts/bin/onnxembed

(cd / && "$tool" --help >/dev/null)

# A study of the smallest size, from the models that the repository ships.
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$tool" study --properties parity --seeds 1 --steps 4 --pairs 40 --test-pairs 20 --out "$out/study" --quiet --format csv >"$out/table.csv"
for file in results.json report.html figures/gain-against-structure.png; do
    [ -s "$out/study/$file" ] || { echo "smoke: study wrote no $file" >&2; exit 1; }
done
