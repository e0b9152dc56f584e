#!/usr/bin/env bash
# Writes the help texts that tests/OnnxEmbed.Cli.Tests compares with, from the built tool. Review the difference like code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tool=artifacts/bin/onnxembed
golden=tests/OnnxEmbed.Cli.Tests/Golden

rm -f "$golden"/help-*.txt
"$tool" --help >"$golden/help-onnxembed.txt"
# The second list of `--help` is that of the commands: two spaces, the name, at least two spaces.
sed -n '/^commands:/,/^$/p' "$golden/help-onnxembed.txt" | sed -nE 's/^  ([a-z]+( [a-z]+)?)(  .*)?$/\1/p' | while read -r command; do
    # shellcheck disable=SC2086 # a command may be two words
    "$tool" $command --help >"$golden/help-${command// /-}.txt"
done
