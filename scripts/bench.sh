#!/usr/bin/env bash
# usage: bench.sh COMMAND [ARGS]: builds the benchmarks with TorchSharp's native libraries and runs one of their commands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

dotnet build tests/OnnxEmbed.Benchmarks -c Release -v q -p:WithTorch=true -clp:NoSummary
output=$PWD/artifacts/bin/OnnxEmbed.Benchmarks/release
shim=$(scripts/torchsharp-shim.sh "$output")
exec env ${shim:+LD_PRELOAD="$shim"} dotnet "$output/onnxembed-bench.dll" "$@"
