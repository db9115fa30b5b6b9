# Everything a person or CI does with this project, one line each: `make` prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash

BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest
# The longest first. Each worker takes a file at a time and has servers of its own.
SUITES := tests/chaos tests/e2e tests/integration tests/fuzz tests/unit
WORKERS := 2
EVERY_TEST = -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(wildcard $(SUITES))
COMPOSE := docker compose
# Where Compose looks for them: by the environment, else by the last word on it in .env, whose $HOME the shell fills in.
SECRETS = $(or $(AFTERWORD_SECRETS_DIR),$(shell sed -nE 's/^(export )?AFTERWORD_SECRETS_DIR=//p' .env 2>/dev/null | tail -n 1 \
  | sed -E "s/[[:space:]]+\#.*//; s/[[:space:]]+$$//; s/^(['\"])(.*)\1$$/\2/"),deploy/secrets)

help: ## Show this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | while IFS=$$'\t' read -r name what; do printf '  %-14s %s\n' "$$name" "$$what"; done

$(READY): requirements-dev.lock pyproject.toml deploy/local/venv.sh
	@PYTHON="$(PYTHON)" deploy/local/venv.sh
	@touch $@

setup: $(READY) ## Make .venv from nothing but Python 3.11 to 3.13 (PYTHON=... to choose one)

lock: $(READY) ## Resolve the dependencies anew (UPGRADE=1 takes newer versions) into requirements*.lock
	@# The same file whatever machine makes it: no index, no local folder and no configuration of the machine has a say in it.
	@set -e; for extra in "" "dev"; do \
	  env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL $(BIN)/uv pip compile pyproject.toml $${extra:+--extra $$extra} --no-config --quiet \
	    --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file requirements$${extra:+-$$extra}.lock; \
	done

lint: $(READY) ## Check style, formatting, types and the directions of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## Mend what ruff can mend, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(READY) ## Run every test on real servers (WORKERS=... tests at a time)
	$(PYTEST) $(EVERY_TEST)

coverage: $(READY) ## The same, and show the lines and branches that no test reached (takes twice as long)
	@rm -f .coverage .coverage.*
	$(PYTEST) --cov --cov-report= $(EVERY_TEST)
	@$(BIN)/coverage report

test-unit: $(READY) ## Run the tests that need no server
	$(PYTEST) tests/unit

bench: $(READY) ## Measure events per second on real servers
	$(BIN)/python -m tests.bench

bench-intake: $(READY) ## Measure deliveries per second of one intake process on one core, beside a plain FastAPI door
	$(BIN)/python -m tests.bench.intake

bench-text: $(READY) ## Measure time and memory of the text judgments, beside a keyword list and VADER
	$(BIN)/python -m tests.bench.text

servers: $(READY) ## Keep a RabbitMQ and a MongoDB running until Ctrl-C, and print their addresses
	@$(BIN)/python -m deploy.local.servers

policy-eval: $(READY) ## Measure the text judgments on the labelled sets, beside the baselines
	$(BIN)/python -m tests.eval

train: $(READY) ## Learn the weights of the text judgments anew from tests/eval/training
	$(BIN)/python -m tests.eval.train

clues: $(READY) ## Work out anew which words the rules of the text judgments cannot do without (after a change to one)
	$(BIN)/python -m services.policy.text.clues.file

fuzz: $(READY) ## Spoil deliveries of every kind and see what the adapters do (SECONDS=... SEED=...)
	$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

attack: $(READY) ## Try to misuse it in every way that docs/gaming.md names (ATTEMPTS=... SEED=...)
	$(BIN)/python -m tests.attack $(if $(ATTEMPTS),--attempts $(ATTEMPTS)) $(if $(SEED),--seed $(SEED))

demo: $(READY) ## Show what becomes of fifteen stories (KEEP=1 leaves everything running)
	$(BIN)/python -m deploy.demo $(if $(KEEP),--keep)

demo-stop: $(READY) ## End what `make demo KEEP=1` left running
	$(BIN)/python -m deploy.demo --stop

demo-compose: $(READY) ## Run the same stories against the containers of `make up`
	$(BIN)/python -m deploy.demo --compose

docs: $(READY) ## Generate the OpenAPI and AsyncAPI descriptions and the page of findings into docs/
	$(BIN)/python -m deploy.docs

secrets: $(READY) ## Write fresh secrets into AFTERWORD_SECRETS_DIR, or deploy/secrets (never overwrites one)
	@$(BIN)/afterword secrets "$(SECRETS)"
	@$(BIN)/python -m deploy.compose.derive "$(SECRETS)"

up: secrets ## Start the whole deployment in containers and wait until it is healthy (PROFILE=dev adds a mail catcher)
	$(COMPOSE) $(if $(PROFILE),--profile $(PROFILE)) build --quiet intake
	$(COMPOSE) $(if $(PROFILE),--profile $(PROFILE)) up --detach --wait

down: ## Stop the containers; the data stays in its volumes
	$(COMPOSE) --profile '*' down

logs: ## Follow the containers' logs (SERVICE=... for one)
	$(COMPOSE) logs --follow --tail 100 $(SERVICE)

ps: ## Show the containers and their health
	$(COMPOSE) ps

scale: ## Change the number of replicas: make scale SERVICE=policy REPLICAS=3
	$(COMPOSE) up --detach --wait --no-recreate --scale $(SERVICE)=$(REPLICAS)

backup: ## Write a backup of the database into backups/
	@deploy/compose/backup.sh

restore: ## Bring a backup back: make restore FILE=backups/... (REPLACE=1 where there is data, RESUME=1 if nothing was sent since)
	@deploy/compose/restore.sh "$(FILE)" $(if $(REPLACE),--replace) $(if $(RESUME),--resume)

clean: ## Remove .venv, caches and reports (no data of a deployment)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov dist build
	find . -name __pycache__ -type d -not -path './.git/*' -exec rm -rf {} +

.PHONY: help setup lock lint format test coverage test-unit bench bench-intake bench-text policy-eval train clues fuzz servers demo demo-stop demo-compose docs secrets up down logs ps scale backup restore clean
