#!/usr/bin/env bash
# usage: bench.sh COMMAND [ARGS]: builds the benchmarks and runs one of their commands; the training step and parity need TorchSharp's native
# libraries, the comparison with transformers.js Node and npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

torch=true
[[ ${1:-} == bench-large ]] && torch=false
[[ " $* " =~ \ --only\ ([a-z,-]+)\  && ! ",${BASH_REMATCH[1]}," == *,step,* ]] && torch=false
dotnet build tests/OnnxEmbed.Benchmarks -c Release -v q -p:WithTorch=$torch -clp:NoSummary
output=$PWD/artifacts/bin/OnnxEmbed.Benchmarks/release
shim=
[[ $torch == false ]] || shim=$(scripts/torchsharp-shim.sh "$output")
exec env ${shim:+LD_PRELOAD="$shim"} dotnet "$output/onnxembed-bench.dll" "$@"
