#!/usr/bin/env bash
# Loads model packages in @huggingface/transformers (Node), onnxruntime-node and onnxruntime-web (headless Chromium) and compares token ids and
# vectors with ours; onnx.checker looks at the models where Python has it.
#   scripts/clients/check.sh [PACKAGE...]
# Without packages it makes tiny ones of each architecture, fresh, trained, folded, merged and imported, and takes the base models in models/ as well.
#   scripts/clients/check.sh --golden OUT.json [PACKAGE...]
# writes the token ids that transformers.js gives (tests/OnnxEmbed.Models.Tests/Tokenizers/digit-tokenizer-ids.json is made so).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
golden=()
if [ "${1:-}" = "--golden" ]; then
  golden=(--golden "$(realpath -m "$2")")
  shift 2
fi
packages=()
for package in "$@"; do packages+=("$(realpath "$package")"); done

work="$("$here/install.sh")"
cp "$here/check.mjs" "$here/web.mjs" "$work/"

expected() { dotnet run "$here/expected.cs" -- "$@"; }
if [ ${#packages[@]} -eq 0 ]; then
  while IFS= read -r package; do packages+=("$package"); done < <(expected --init "$work/models")
  for package in "$root"/models/*/; do
    [ -f "$package/onnx/model.onnx" ] && packages+=("$(realpath "$package")")
  done
  # As `ship` lays them out, with smaller variants; the last token needs padding at the left.
  for name in bert-mean bert-cls llama-mean llama-last; do
    "${ONNXEMBED:-$root/artifacts/bin/onnxembed}" ship "$work/models/$name" --target transformers.js \
      -o "$work/models/shipped/$name" --force --quiet >/dev/null
  done
  # An exported graph, imported with each pooling.
  for pooling in mean cls last max weightedmean meansqrtlen; do
    "${ONNXEMBED:-$root/artifacts/bin/onnxembed}" import "$work/models/bert-mean/onnx/model.onnx" --pooling "$pooling" \
      -o "$work/models/exported-$pooling" --force --quiet >/dev/null
    packages+=("$work/models/exported-$pooling")
  done
fi
expected "$here/texts.json" "$work/expected.json" "${packages[@]}"
cd "$work"
node check.mjs expected.json ${golden[@]+"${golden[@]}"}
if command -v "${CHROMIUM:-chromium}" >/dev/null; then node web.mjs expected.json; else echo "skipped: onnxruntime-web, there is no chromium"; fi
python="${PYTHON:-python3}"
if "$python" -c 'import onnx' 2>/dev/null; then "$python" "$here/checker.py" expected.json; else echo "skipped: onnx.checker, $python has no onnx"; fi
