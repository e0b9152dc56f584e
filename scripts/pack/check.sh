#!/usr/bin/env bash
# Packs the library and the tool, installs both from artifacts/packages alone with what they depend on, and runs them as a user would.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
fail() { echo "pack: $1" >&2; exit 1; }

rm -rf "$root/artifacts/packages"
make --no-print-directory -C "$root" pack
library=$(ls "$root"/artifacts/packages/OnnxEmbed.[0-9]*.nupkg)
version=$(basename "$library" .nupkg)
version=${version#OnnxEmbed.}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/nuget.config" <<EOF
<configuration>
  <packageSources>
    <add key="packed" value="$root/artifacts/packages" />
  </packageSources>
</configuration>
EOF

# An earlier pack of the same version may lie in the cache.
cache=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
rm -rf "${cache:?}/onnxembed/$version" "${cache:?}/onnxembed.tool/$version"

# The sample, compiled against the package.
mkdir "$work/sample"
cp "$root/tests/OnnxEmbed.Samples/Program.cs" "$work/sample/"
injection=$(sed -nE 's/.*"Microsoft.Extensions.DependencyInjection" Version="([^"]+)".*/\1/p' "$root/Directory.Packages.props")
cat >"$work/sample/sample.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="OnnxEmbed" Version="$version" />
    <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="$injection" />
  </ItemGroup>
</Project>
EOF
timeout 300 dotnet build "$work/sample" -v q -clp:NoSummary
dotnet "$work"/sample/bin/Debug/net10.0/sample.dll "$root/models/number-bert" | tee "$work/sample.txt"
grep -qx "200, 180, 160, 140, 120 -> 100, 90, 80, 70, 60" "$work/sample.txt" || fail "the sample printed something else"

# The tool.
(cd "$work" && timeout 300 dotnet tool install OnnxEmbed.Tool --version "$version" --tool-path "$work/tools" --configfile "$work/nuget.config" >"$work/install.txt") \
    || { cat "$work/install.txt" >&2; fail "the tool did not install"; }
cd "$work"
tools/onnxembed data text --count 40 -o texts.parquet --quiet >/dev/null
tools/onnxembed embed "$root/models/number-bert" --data texts.parquet -o vectors.parquet --quiet --format csv | tee embed.txt
grep -qx "rows,40" embed.txt || fail "the tool embedded something else"
ls -l "$root/artifacts/packages" | awk 'NR > 1 { print $5, $9 }'
