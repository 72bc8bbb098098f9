# make demo    real staging hosts come up, and the monthly maintenance is applied to them
# make test    every test, on real hosts
# make check   format, lint, types, import contracts
# make bench   how fast, against the limit and a peer
# Each does all its own set-up on a fresh Debian 12 with git, make and Python 3.11.

VENV := .venv
PYTHON := python3
BIN := $(VENV)/bin
READY := $(VENV)/ready-$(shell sha256sum pyproject.toml | cut -c1-16)
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=PATH)
TESTS := $(ROOT) env MPLAY_LAB_NAME=$(or $(MPLAY_LAB_NAME),test) $(BIN)/pytest -q --durations=15
PACKAGES := python3-venv mmdebstrap iproute2 util-linux openssh-client sudo curl wget
# Completion is tested in real shells.
SHELLS := zsh fish

# Shell that installs those Debian packages of a list that are not there.
define installed
missing=$$(for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
if [ -n "$$missing" ]; then \
  echo "installing Debian packages: $$missing"; \
  $(ROOT) apt-get update -q && \
  $(ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $$missing; \
fi
endef

.PHONY: demo test check fast bench lab shells down clean

demo: $(READY) lab
	@MPLAY="$(strip $(ROOT) $(BIN)/mplay)" sh .ci/demo

# What looks at the whole machine runs by itself; the rest on two workers, each with its own lab.
test: check lab shells
	$(TESTS) tests/lab
	$(TESTS) -n 2 --dist loadfile --ignore=tests/lab tests

fast: $(READY)
	$(BIN)/pytest -q tests/unit

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: lab
	$(ROOT) $(BIN)/python -m tests.bench

lab: $(READY)
	@$(ROOT) $(BIN)/mplay lab doctor

shells:
	@$(call installed,$(SHELLS))

down: $(READY)
	$(ROOT) $(BIN)/mplay lab down

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml
	@$(call installed,$(PACKAGES))
	@echo "installing Python packages into $(VENV)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[test]'
	@rm -f $(VENV)/ready-* && touch $@
