# Plumbline. `make help` lists what there is.
#
# Nothing but a Python from 3.11 to 3.14 need be installed: .venv is made on first use, from requirements-dev.txt.

PORT ?= 8000
STACK_PORT ?= 4566
ENGINE_PORT ?= 4567
CONFIG ?= default
URL ?= http://127.0.0.1:$(PORT)
export SAM_CLI_TELEMETRY = 0
export ENGINE_PORT FILE NAME SCOPES EXPIRES KEY FUNCTION SINCE

VENV := .venv/bin
SAM := $(VENV)/sam
# Without a CONFIG named by whoever calls, it is the local stack that runs.
STACK = $(if $(filter file,$(origin CONFIG)),,--config "$(CONFIG)")
KEYS = $(VENV)/python -m scripts.keys $(STACK)
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run key keys revoke test build deploy import redrive redrive-stream tail check audit format clean bench local-engine local-api local-invoke openapi
.NOTPARALLEL:

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup:
	@python=$$(scripts/find-python) && "$$python" scripts/environments.py

run: setup ## Run all of it on this machine, on http://127.0.0.1:8000 (PORT=, STACK_PORT=; OPEN=1: no keys)
	@$(VENV)/python -m scripts.local_stack --port $(PORT) --stack-port $(STACK_PORT) $(if $(OPEN),--open)

import: setup ## Import a file and follow it (FILE=), or follow one that runs (IMPORT=); URL= for an API elsewhere
	@$(if $(FILE)$(IMPORT),,echo "Say which file: make import FILE=history.csv.gz"; exit 2)
	@$(VENV)/python -m scripts.importing --url "$(URL)" $(if $(FILE),send -- "$$FILE",follow "$(IMPORT)")

redrive: setup ## Send once more what an import is missing, and follow it (IMPORT=, URL=)
	@$(if $(IMPORT),,echo "Say which import: make redrive IMPORT=2501348322714795"; exit 2)
	@$(VENV)/python -m scripts.importing --url "$(URL)" redrive "$(IMPORT)"

redrive-stream: setup ## Do again what the table's stream has dead letters of (FORGET=1: what it lost, too); CONFIG= for a deployed stack
	@$(VENV)/python -m scripts.redriving $(STACK) $(if $(FORGET),--forget)

tail: setup ## Follow the logs of all functions (FUNCTION=imports, SINCE=10m); CONFIG= for a deployed stack
	@$(VENV)/python -m scripts.tailing $(STACK) --function "$$FUNCTION" --since "$$SINCE"

key: setup ## Make an API key (NAME=, SCOPES=ingest,read,admin; EXPIRES=90d); CONFIG= for a deployed stack
	@$(if $(and $(NAME),$(SCOPES)),,echo "Say what it is for and what it may do: make key NAME=importer SCOPES=ingest,read"; exit 2)
	@$(KEYS) make --name "$$NAME" --scopes "$$SCOPES" --expires "$$EXPIRES"

keys: setup ## List the API keys; CONFIG= for a deployed stack
	@$(KEYS) list

revoke: setup ## Make an API key good for nothing (KEY=its id); CONFIG= for a deployed stack
	@$(if $(KEY),,echo "Say which key: make revoke KEY=3vB8hQ2mXk1Z (make keys lists them)"; exit 2)
	@$(KEYS) revoke -- "$$KEY"

test: setup ## Run the tests (ARGS= for pytest; -n0 among them: in one process)
	@$(VENV)/python -m pytest -n auto --no-loadscope-reorder $(ARGS)

build: setup ## Build for AWS, for the Python and processor of samconfig.toml's section (CONFIG=default)
	@rm -rf functions/*/__pycache__
	@eval "$$($(VENV)/python -m scripts.target $(CONFIG))" && PYTHON="$(CURDIR)/$(VENV)/python" \
	  $(SAM) build --config-env $(CONFIG) --parameter-overrides "PythonRuntime=$$PYTHON_RUNTIME" "Architecture=$$ARCHITECTURE"

deploy: build ## Build and deploy to your AWS account (CONFIG=default or prod)
	@$(SAM) deploy --config-env $(CONFIG)

local-engine: setup ## DynamoDB and S3 for sam local, with the tables (ENGINE_PORT=)
	@$(VENV)/python -m scripts.local_stack.engine --port $(ENGINE_PORT)

local-api: setup ## The functions in Lambda's own runtime: sam local start-api on http://127.0.0.1:3000 (ARGS=)
	@$(VENV)/python -m scripts.local_stack.sam_local start-api $(ARGS)

local-invoke: setup ## One sample event to its function: make local-invoke EVENT=events/alerts-list.json (ARGS=)
	@$(VENV)/python -m scripts.local_stack.sam_local invoke "$(EVENT)" $(ARGS)

openapi: setup ## Write the OpenAPI document and README's table of metrics anew
	@$(VENV)/python scripts/openapi.py
	@$(VENV)/python -m scripts.metrics_table

check: setup ## Lint, format, types, OpenAPI document, template (cfn-lint, sam validate, Checkov)
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/mypy layers/plumbline scripts functions tests
	@$(VENV)/python scripts/openapi.py --check
	@$(VENV)/python -m scripts.metrics_table --check
	@$(VENV)/cfn-lint template.yaml
	@AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	@$(VENV)/python -m scripts.review template

audit: setup ## Look up published vulnerabilities of what runs in Lambda (asks the package index)
	@$(VENV)/python -m scripts.review dependencies

format: setup ## Format the code
	@$(VENV)/ruff check --fix-only --quiet
	@$(VENV)/ruff format --quiet

bench: setup ## Measure what README's figures come from
	@$(VENV)/python -m benchmarks

clean: ## Remove all that the above set up, the local stack's data included
	@python=$$(scripts/find-python) && "$$python" -m scripts.clean
