#!/usr/bin/env bash
# usage: torchsharp-shim.sh BENCHMARKS_OUTPUT_DIR
# TorchSharp 0.107.0 is linked against GCC 13's libstdc++ (symbol version GLIBCXX_3.4.32), which Debian 12 and Ubuntu 22.04 lack.
# It takes one function from there, std::ios_base_library_init(), which starts the standard streams. Where the version is missing,
# this script marks that need weak in the copy of libLibTorchSharp.so in the output folder (the package is not touched), builds
# a library of a few lines that defines the function, and prints the path of that library, to be preloaded. Elsewhere it prints
# nothing.
set -euo pipefail
output=$1
version=GLIBCXX_3.4.32

runtime=$(ldconfig -p 2>/dev/null | awk '/libstdc\+\+\.so\.6 .*x86-64/ && !path { path = $NF } END { print path }')
if [ -z "$runtime" ] || grep -q "$version" "$runtime"; then
    exit 0
fi

dotnet "$output/onnxembed-bench.dll" weaken "$output/runtimes/linux-x64/native/libLibTorchSharp.so" "$version" >&2
shim=$output/libios_base_library_init.so
if [ ! -e "$shim" ]; then
    command -v g++ >/dev/null || { echo "torchsharp-shim.sh: needs g++, or a libstdc++ with $version; $runtime has neither" >&2; exit 1; }
    g++ -shared -fPIC -O2 -o "$shim" -x c++ - <<'END'
#include <ios>
// Older libstdc++: the object that starts the streams is a static of every file that includes <iostream>.
static std::ios_base::Init streams;
namespace std { void ios_base_library_init() {} }
END
fi
echo "$shim"
