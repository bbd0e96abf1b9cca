# Dengliang 灯梁: everything a person does here has one short command. `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev run seed demo-reset test check fix messages components real anything bench \
	locks clean FORCE

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
# `make setup LOCK=services` adds the drivers of PostgreSQL and Redis.
LOCK ?= run
REAL_DATA ?= ../shared/data
EXAMPLES ?= 100
CATALOGS := $(wildcard shop/locale/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGS:.po=.mo)
# Two at most: more gain little, and village machines have two cores.
WORKERS := -n auto --maxprocesses 2
EXTRACT := -F babel.cfg -k _l -k lazy_gettext -k lazy_ngettext:1,2 --no-location --omit-header \
	--sort-output

# A stamp that names another folder, or an interpreter that is gone, means: build anew.
ifneq ($(shell cat $(RUN_STAMP) 2>/dev/null),$(CURDIR) $(LOCK))
$(RUN_STAMP): FORCE
endif
ifeq ($(wildcard $(BIN)/python),)
$(RUN_STAMP): FORCE
endif
FORCE:

help: ## show this list
	@echo 'Dengliang 灯梁'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(RUN_STAMP) $(COMPILED) ## build .venv from the pinned lock (run, test and check do it themselves)
	@:

setup-dev: $(DEV_STAMP) $(COMPILED) ## the same, with what developers need
	@:

run: setup ## start the demonstration on http://127.0.0.1:8000 (Ctrl-C stops it)
	@SHOP_ENV=demo $(BIN)/shop demo

seed: setup ## fill an empty database with the demonstration co-operative
	@SHOP_ENV=demo $(BIN)/shop seed

demo-reset: setup ## throw the demonstration's data away and load it anew
	@SHOP_ENV=demo $(BIN)/shop demo-reset

test: setup-dev ## run every test (make test T="tests/stock -x" runs some)
	@$(BIN)/python -m pytest $(if $(T),$(T),$(WORKERS))

check: setup-dev ## lint, types, import contracts, templates, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m pytest -q tests/architecture

fix: setup-dev ## mend what a machine can mend: lint and layout of the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: setup-dev ## collect the texts of code and templates; fails while one has no Chinese
	@mkdir -p build
	$(BIN)/pybabel -q extract $(EXTRACT) -o build/messages.pot .
	$(BIN)/pybabel -q update -i build/messages.pot -d shop/locale -l zh_Hans --no-fuzzy-matching \
		--ignore-obsolete --ignore-pot-creation-date -w 100
	@sed -i.old -E '/^"(Report-Msgid|POT-Creation|PO-Revision|Last-Tr|Language-Team|Generated)/d' $(CATALOGS)
	@rm -f $(CATALOGS:=.old)
	$(BIN)/pybabel -q compile -d shop/locale
	$(BIN)/python -m pytest -q tests/architecture/test_messages.py

components: setup ## start the site and say where every component is shown
	@echo 'http://127.0.0.1:$${SHOP_PORT:-8000}/_components'
	@SHOP_ENV=demo $(BIN)/shop demo

real: setup-dev ## run the product on the real data beside the repository
	@if [ ! -d "$(REAL_DATA)" ]; then \
		echo "make real: there is no folder $(REAL_DATA). Get 'Online Retail' (UCI Machine Learning"; \
		echo "Repository, CC BY 4.0), put it there as tests/real says, or name a folder: make real REAL_DATA=DIR"; \
		echo "make real：找不到文件夹 $(REAL_DATA)。请取得 UCI 的 Online Retail 数据（CC BY 4.0）放在那里，或写 make real REAL_DATA=目录"; \
		exit 2; fi
	SHOP_REAL_DATA="$(REAL_DATA)" $(BIN)/python -m pytest -v -s tests/real

anything: setup-dev ## ask the API whatever its document allows and much it does not (EXAMPLES=100 each)
	SHOP_API_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q tests/web/api/test_anything.py

bench: setup-dev ## measure speed on this machine
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

locks: setup ## pin every package anew, with hashes and no address
	@$(BIN)/python -m uv --version >/dev/null
	@for set in 'dev.txt --group dev --extra heif --extra postgres --extra redis --extra s3 --extra video' \
		'services.txt -c requirements/dev.txt --group build --extra postgres --extra redis --extra s3' \
		'run.txt -c requirements/dev.txt --group build'; do set -- $$set; out=$$1; shift; \
		$(BIN)/python -m uv pip compile -q --universal --generate-hashes --python-version 3.11 \
			--no-emit-index-url --no-emit-find-links --no-annotate \
			--custom-compile-command 'make locks' "$$@" pyproject.toml \
			-o requirements/$$out || exit 1; done
	@if grep -n '://' requirements/*.txt; then echo 'make locks: a lock names a host.'; exit 1; fi

clean: ## remove what make made here, but never data
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .grimp_cache
	find shop tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	rm -f $(COMPILED)

%.mo: %.po $(RUN_STAMP)
	@$(BIN)/pybabel -q compile -i $< -o $@.new -l $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<))) && mv $@.new $@

# One environment for run and test: find Python, make .venv, install the lock by its hashes.
$(RUN_STAMP): requirements/$(LOCK).txt requirements/installer.txt pyproject.toml hatch_build.py
	@say() { printf '%s\n' "make setup: $$1" "make setup：$$2" >&2; }; \
	if ! touch .setup-writes-here 2>/dev/null; then \
		say 'this folder cannot be written to. Copy it to a folder of your own and try again.' \
			'这个文件夹不能写入。请把它复制到自己的文件夹里再试。'; exit 1; fi; \
	rm -f .setup-writes-here; \
	if [ -d $(VENV) ] && { ! $(BIN)/python -c '' 2>/dev/null || \
		{ [ -s $(RUN_STAMP) ] && ! grep -qF "$(CURDIR) " $(RUN_STAMP); }; }; then rm -rf $(VENV); fi; \
	if [ ! -x $(BIN)/python ]; then \
		python=; \
		for try in $${PYTHON:-} python3 python3.13 python3.12 python3.11; do \
			if "$$try" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				python=$$try; break; fi; done; \
		if [ -z "$$python" ]; then \
			say 'Python 3.11 or newer was not found. On Debian or Ubuntu: sudo apt install python3 python3-venv' \
				'没有找到 Python 3.11 或更新的版本。Debian 或 Ubuntu 上请运行：sudo apt install python3 python3-venv'; \
			exit 1; fi; \
		if ! "$$python" -m venv $(VENV) >/dev/null 2>&1; then rm -rf $(VENV); \
			say 'Python cannot make a virtual environment here. On Debian or Ubuntu: sudo apt install python3-venv' \
				'Python 无法在这里建立虚拟环境。Debian 或 Ubuntu 上请运行：sudo apt install python3-venv'; \
			exit 1; fi; \
	fi; \
	echo "Installing packages (a minute at first) · 正在安装所需的软件包（首次约一分钟）"; \
	install="$(BIN)/python -m pip --disable-pip-version-check install -q"; \
	if $(BIN)/python -m uv --version >/dev/null 2>&1 || \
		$$install --require-hashes -r requirements/installer.txt >/dev/null 2>&1; then \
		fast="$(BIN)/python -m uv pip install -q --python $(BIN)/python"; else fast=$$install; fi; \
	if ! $$fast --require-hashes -r requirements/$(LOCK).txt && \
		! $$install --require-hashes -r requirements/$(LOCK).txt; then \
		say 'the packages could not be installed; the lines above say why (often: no network).' \
			'软件包没有装好，原因见上面几行（多半是没有网络）。'; exit 1; fi; \
	$$install --no-deps --no-build-isolation -e . || exit 1; \
	printf '%s\n' "$(CURDIR) $(LOCK)" > $(RUN_STAMP)

$(DEV_STAMP): $(RUN_STAMP) requirements/dev.txt
	@echo "Installing what tests need · 正在安装测试所需的软件包"
	@{ $(BIN)/python -m uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt 2>/dev/null \
		|| $(BIN)/python -m pip --disable-pip-version-check install -q --require-hashes -r requirements/dev.txt; } || { \
		echo 'make test: the packages for testing could not be installed; the lines above say why (often: no network).' >&2; \
		echo 'make test：测试所需的软件包没有装好，原因见上面几行（多半是没有网络）。' >&2; exit 1; }
	@date > $(DEV_STAMP)
