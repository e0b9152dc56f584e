#!/usr/bin/env bash
# Makes the base models of models/ again, from nothing: number text, fresh weights, pre-training. Takes about half an hour for each model on
# one core; both run at the same time. Usage: scripts/pretrain-base-models.sh [WORK_DIR], then copy WORK_DIR/<name>/model over models/<name>.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=${1:-artifacts/base-models}
tool=artifacts/bin/onnxembed
[ -x "$tool" ] || { echo "needs $tool: run make build first" >&2; exit 1; }
mkdir -p "$work"

"$tool" data text --count 600000 --seed 1 --out "$work/number-text.parquet"
sizes=(--hidden 256 --layers 5 --heads 8 --max-length 96 --pooling mean --seed 1)
"$tool" init --arch llama "${sizes[@]}" --kv-heads 4 --intermediate 640 --out "$work/number-llama-init"
"$tool" init --arch bert "${sizes[@]}" --intermediate 704 --out "$work/number-bert-init"

common=(--data "$work/number-text.parquet" --validation-fraction 0.005 --batch-size 64 --seed 1 --threads 1 --checkpoint-every 1000)
"$tool" pretrain "$work/number-llama-init" --objective clm "${common[@]}" --steps 3200 --learning-rate 1e-3 --out "$work/number-llama" &
llama=$!
"$tool" pretrain "$work/number-bert-init" --objective mlm "${common[@]}" --steps 2800 --learning-rate 7e-4 --out "$work/number-bert" &
bert=$!
wait "$llama"
wait "$bert"
echo "$work/number-llama/model $work/number-bert/model"
