# The Milvus kernel for JupyterLite. `make demo` runs it, `make test` tries everything, `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
SERVERS := $(PY) scripts/servers.py
RUST := $(shell find src proto columns/batch tests/language build.rs Cargo.toml Cargo.lock -type f 2>/dev/null)
ENGINE := $(shell find engine proto Cargo.toml Cargo.lock -type f -not -path '*/dist/*' -not -path '*/wasm/*' -not -path '*/tests/*' 2>/dev/null)
TYPESCRIPT := $(shell find jupyterlite -type f -not -path '*/node_modules/*' -not -path '*/lib/*' -not -path '*/wasm/*' -not -path '*/labextension/*' 2>/dev/null)

# what a failed step leaves is not built
.DELETE_ON_ERROR:

.PHONY: docs engine help demo demo-server test setup site wheel check test-native test-pymilvus test-web test-node test-browser test-kernel test-proto test-deploy test-wheel test-size bench clean

help: ## lists what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: dist/site/index.html ## the site, and no server beside it, until Ctrl-C (PORT=8000)
	@$(PY) scripts/demo.py
demo-server: setup dist/site/index.html ## the site, Milvus Lite and Envoy on this machine, until Ctrl-C (PORT=8000 MILVUS_PORT=19530)
	@$(PY) scripts/demo.py --server

test: setup dist/site/index.html ## everything: checks, all servers, browsers, wheel, size
	@scripts/test.sh

setup: .cache/setup ## installs what is missing
.cache/setup: scripts/setup.sh scripts/toolchain.sh requirements.txt requirements-lite25.txt constraints.txt jupyterlite/package-lock.json Cargo.lock
	@scripts/setup.sh
	@mkdir -p .cache && touch $@

jupyterlite/wasm/milvus_kernel_bg.wasm: .cache/setup scripts/wasm.sh scripts/order.py .cargo/config.toml $(RUST)
	@echo "wasm: compiling (about 2 minutes the first time)" >&2
	@scripts/wasm.sh
	@touch $@

# parquet and arrow, which are loaded when a statement asks for them
COLUMNS := $(shell find columns vendor/zstd Cargo.toml Cargo.lock -type f 2>/dev/null)
jupyterlite/wasm/milvus_columns_bg.wasm: .cache/setup scripts/columns.sh .cargo/config.toml $(COLUMNS)
	@echo "columns: compiling (about 2 minutes the first time)" >&2
	@scripts/columns.sh
	@touch $@

engine/js/dist/index.js: .cache/setup scripts/engine.sh scripts/order.py .cargo/config.toml $(ENGINE)
	@echo "engine: compiling (about 1 minute the first time)" >&2
	@scripts/engine.sh
	@touch $@

engine: engine/js/dist/index.js ## the engine as an npm package, in engine/js

dist/site/index.html: .cache/setup jupyterlite/wasm/milvus_kernel_bg.wasm jupyterlite/wasm/milvus_columns_bg.wasm engine/js/dist/index.js scripts/site.sh scripts/docs.py scripts/words.py scripts/made.py scripts/data.py examples/database.rs $(TYPESCRIPT) $(shell find www deploy tests/language -type f -not -name '*.milvus')
	@echo "site: building (about 20 seconds)" >&2
	@scripts/site.sh
	@touch $@

site: dist/site/index.html ## the static site, into dist/site
docs: dist/site/index.html ## the reference as pages of the site, dist/site/reference (the site has them anyway)
	@$(PY) scripts/docs.py && $(PY) scripts/words.py
wheel: dist/site/index.html ## the pip-installable extension, into dist

# TypeScript's types of the kernel are made with the wasm
check: setup jupyterlite/wasm/milvus_kernel_bg.wasm jupyterlite/wasm/milvus_columns_bg.wasm engine/js/dist/index.js ## formatting, lints (native and wasm32), docs, types
	@scripts/check.sh
test-native: setup ## unit tests and the language reference, on Milvus 2.3.5, Milvus Lite 3 and 2.5, and the engine
	@$(SERVERS) --milvus --lite --lite25 --engine -- cargo test --quiet --workspace --no-fail-fast -- --nocapture
test-pymilvus: setup ## a day of work with pymilvus, the same on Milvus 2.3.5, Milvus Lite 3 and the engine
	@$(SERVERS) --milvus --lite --engine -- $(PY) -m unittest -v tests.test_day
test-web: setup ## wasm-pack tests in headless Chromium, through Envoy to both servers
	@$(SERVERS) --milvus --lite --envoy -- scripts/web.sh
test-node: setup jupyterlite/wasm/milvus_kernel_bg.wasm engine/js/dist/index.js ## the page's kernel by its messages, on its worker and the engine in Node (30 seconds)
	@node --test --test-timeout=120000 tests/node/*.test.mjs
test-browser: dist/site/index.html ## Playwright in the built site, in Chromium and in Firefox
	@$(SERVERS) --milvus --lite --envoy --site -- node --test --test-timeout=600000 tests/browser/
test-kernel: dist/site/index.html ## jupyter_kernel_test, on the kernel in a page of the site (1 minute)
	@$(PY) -m unittest -v tests.test_kernel
test-proto: setup ## proto/ against pymilvus's descriptors
	@$(PY) -m unittest -v tests.test_proto
test-deploy: setup ## the Envoy configs by Envoy itself and before Milvus Lite, compose.yaml by its shape
	@$(PY) -m unittest -v tests.test_deploy tests.test_proxy
test-wheel: dist/site/index.html ## the wheel in an empty environment, and a site built from it
	@scripts/wheel-test.sh
test-size: dist/site/index.html ## the download against its budget
	@$(PY) scripts/size.py
bench: setup dist/site/index.html ## the figures of the README, each beside its peer (about 20 minutes)
	@benches/run.sh

clean: ## removes what was built
	rm -rf target dist .cache engine/js/dist engine/js/wasm jupyterlite/lib jupyterlite/wasm jupyterlite/jupyterlite_milvus_kernel/labextension
