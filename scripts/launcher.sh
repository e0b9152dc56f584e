#!/bin/sh
# usage: launcher.sh APP.dll LAUNCHER: writes a small program that starts APP from any folder, also through a symbolic link.
set -eu
app=$1
launcher=$2
target=$(realpath --relative-to="$(dirname "$launcher")" "$app")
temporary=$launcher.$$
cat >"$temporary" <<END
#!/bin/sh
exec dotnet "\$(dirname "\$(readlink -f "\$0")")/$target" "\$@"
END
chmod +x "$temporary"
mv "$temporary" "$launcher"
