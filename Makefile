# Two commands do all on a fresh machine: `make run` and `make test`.
# Needed beforehand: Python 3.11 to 3.13, make and a C library.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
PRODUCT := .venv/product.stamp
DEV := .venv/dev.stamp
NODE := .venv/node.stamp
BUNDLE := static/bundle/app.js
# Files stay whole, because their tests share what was deployed; tests/conftest.py orders them.
# The browser's are on their own: Playwright leaves an event loop in its process, in which Django
# does not work.
SLOW := -n logical --dist loadfile
# Where the machine has no fitting Node, the one of a Python wheel is linked there.
export PATH := $(CURDIR)/.venv/node/bin:$(PATH)

.PHONY: run test check fast format browser engine pictures chaos lock clean

run: $(PRODUCT) $(BUNDLE)
	@exec $(BIN)/python manage.py start

test: check $(BUNDLE) engine browser
	$(BIN)/python -m pytest $(SLOW) --no-loadscope-reorder -m "(engine or sandbox or postgres) and not browser"
	$(BIN)/python -m pytest $(SLOW) -m browser tests/whole

check: $(DEV) $(NODE)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/djlint --check --quiet templates
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 0
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python -m pytest -n auto -m "not engine and not sandbox and not postgres and not browser"

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	-$(BIN)/djlint --reformat --quiet templates

# The official engine, into the user's cache; done once per machine.
engine: $(PRODUCT)
	$(BIN)/python manage.py engine

# A Chromium that Playwright can drive; Debian's where there is none and we may install it.
browser:
	@sh bin/ensure-browser

pictures: $(DEV) $(BUNDLE) engine browser
	$(BIN)/python -m tests.whole.pictures docs/pictures

.venv/bin/uv: requirements/uv.txt
	@sh bin/make-venv "$(PYTHON)"

$(PRODUCT): requirements/product.txt .venv/bin/uv
	@echo "Installing Python packages"
	@$(UV) -r requirements/product.txt
	@touch $@

$(DEV): requirements/dev.txt $(PRODUCT)
	@echo "Installing development packages"
	@$(UV) -r requirements/dev.txt
	@touch $@

$(NODE): requirements/node.txt .venv/bin/uv
	@sh bin/ensure-node "$(UV)"
	@touch $@

$(BUNDLE): package.json package-lock.json $(shell find static/src static/css -type f 2>/dev/null) $(NODE)
	@echo "Building the front-end bundle"
	@npm ci --no-audit --no-fund --loglevel=error
	@npm run --silent build
	@touch $@

# Kills every part of a running product, at every phase of deployments; half an hour or so.
KILLS ?= 200
SEED ?= 1
chaos: $(DEV) $(BUNDLE) engine
	$(BIN)/python -m tests.chaos.suite --kills $(KILLS) --seed $(SEED) --write docs/chaos.md

# Pins and hashes; addresses stay out.
lock: $(DEV)
	@sh bin/lock $(BIN)/uv

clean:
	rm -rf .venv node_modules static/bundle
