# GNU make. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := build

CONFIG ?= Release
DOTNET ?= dotnet
export DOTNET_CLI_TELEMETRY_OPTOUT ?= 1
export DOTNET_NOLOGO ?= 1
# A build server that outlives its build holds memory that the tests and benchmarks need.
export MSBUILDDISABLENODEREUSE ?= 1

# GPU=1 takes Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime.
FLAVOR := $(if $(filter 1,$(GPU)),-p:OnnxRuntimeFlavor=Gpu)
APP := artifacts/bin/OnnxEmbed.Cli/$(shell echo $(CONFIG) | tr A-Z a-z)/onnxembed.dll
BENCH := tests/OnnxEmbed.Benchmarks

.PHONY: build test check test-clients fuzz pack demo bench bench-large parity format size clean help

build: ## build the tool: artifacts/bin/onnxembed (GPU=1 for the CUDA build of ONNX Runtime)
	@$(DOTNET) build src/OnnxEmbed.Cli -c $(CONFIG) -v q -clp:NoSummary $(FLAVOR)
	@scripts/launcher.sh $(APP) artifacts/bin/onnxembed

test: ## run every test
	$(DOTNET) test --solution OnnxEmbed.sln -c $(CONFIG) $(FLAVOR) $(TEST_ARGS)

check: ## what CI runs: format, build, tests, a small demo
	.ci/run

test-clients: build ## check that other programs load our packages (needs Node and npm)
	@command -v node >/dev/null || { echo "make test-clients: needs Node on the PATH, found none" >&2; exit 1; }
	scripts/clients/check.sh

pack: ## NuGet packages in artifacts/packages: OnnxEmbed (library), OnnxEmbed.Tool (the command); NATIVES=all for every system's libraries in the tool
	$(DOTNET) pack scripts/pack/OnnxEmbed.csproj -c $(CONFIG) -o artifacts/packages -v q -clp:NoSummary $(FLAVOR)
	$(DOTNET) pack src/OnnxEmbed.Cli -c $(CONFIG) -o artifacts/packages -v q -clp:NoSummary $(FLAVOR) $(if $(filter all,$(NATIVES)),-p:AllNatives=true)

fuzz: ## feed the readers of ONNX, safetensors and tokenizer.json with files changed at random (FUZZ_INPUTS=20000 FUZZ_SEED=1)
	@$(DOTNET) build tests/OnnxEmbed.Models.Tests -c $(CONFIG) -v q -clp:NoSummary $(FLAVOR)
	ONNXEMBED_FUZZ_INPUTS=$(or $(FUZZ_INPUTS),20000) ONNXEMBED_FUZZ_SEED=$(or $(FUZZ_SEED),1) \
		artifacts/bin/OnnxEmbed.Models.Tests/$(shell echo $(CONFIG) | tr A-Z a-z)/OnnxEmbed.Models.Tests --filter-namespace "*.Fuzzing" --output Detailed

demo: build ## the study in a few minutes: prints the table and the path of the report
	artifacts/bin/onnxembed study --preset quick --out artifacts/demo --force $(DEMO_ARGS)
	@echo "report: $(CURDIR)/artifacts/demo/report.html"

bench: ## measure against TorchSharp, a bare ONNX Runtime loop, cp and a plain silhouette (downloads TorchSharp, 1.2 GB)
	scripts/bench.sh bench $(BENCH_ARGS)

bench-large: ## merge two files of 4 GB made for the test, against cp (needs 13 GB of disk; skipped with a message where there is less)
	scripts/bench.sh bench-large $(BENCH_ARGS)

parity: ## compare LoRA gradients with TorchSharp's on the same weights and batch
	scripts/bench.sh parity

format: ## rewrite the sources in the style of .editorconfig
	$(DOTNET) format OnnxEmbed.sln

size: ## lines per file: median, 75th percentile, largest
	@scripts/size.sh

clean: ## remove everything that was built or written by default
	find artifacts -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS=$$'\t' read -r t d; do printf '  %-14s %s\n' "$$t" "$$d"; done
