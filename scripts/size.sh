#!/usr/bin/env bash
# Lines per C# file (generated code apart): number of files, median, 75th percentile, largest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

report() {
    git ls-files "$1/*.cs" | xargs -r wc -l | { grep -v ' total$' || true; } | sort -n | awk -v name="$1" '
        { lines[NR] = $1; file[NR] = $2; sum += $1 }
        END {
            if (NR == 0) { printf "%-34s no C# files\n", name; exit }
            printf "%-34s %4d files  %6d lines  median %4d  p75 %4d  max %4d  %s\n",
                name, NR, sum, lines[int((NR + 1) / 2)], lines[int((3 * NR + 3) / 4)], lines[NR], file[NR]
        }'
}

report src
report tests
for project in src/*/ tests/*/; do
    report "${project%/}"
done
