# Everything a developer or an operator's workstation does with this tree. `make` alone lists the targets.
# Nothing here needs root but the lab, the depot and what bench-conference hears on the wire.
# Caches lie in the user's cache directory, keyed by content.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/usn
PYTHON ?= python3
JOBS ?= 3 # test modules at once: most of their time is waiting
venv = $(CACHE)/venv/$(shell { $(PYTHON) -V; cat $(1); } | sha256sum | cut -c1-16)
RUN := $(call venv,requirements.txt)
DEV := $(call venv,requirements-dev.txt)
OPS := $(call venv,requirements-ops.txt)
LOCK := $(call venv,requirements-lock.txt)
export PYTHONPATH := $(CURDIR):$(CURDIR)/tests/peers:$(CURDIR)/tests/support

# What these need of the machine beside Python is said before anything is set up: workbench/setup/needs.py.
NEEDS := $(addprefix needs-,demo-provisioning test lint bench-conference fuzz-provisioning depot lab lab-shell lab-chaos lab-down lab-bond test-lab)
.PHONY: help demo demo-provisioning demo-billing play play-portal test unit integration fetch lint format pages portal-pictures prompts videos lock bench \
  bench-sms bench-peers bench-conference bench-events bench-provisioning bench-billing bench-portal bench-portal-pages soak chaos-sms chaos-provisioning chaos-billing \
  fuzz-provisioning pair-proof depot ca \
  lab lab-shell lab-down lab-bond test-lab lab-chaos test-roles clean \
  needs-python $(NEEDS)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 20

demo: $(RUN)/ready ## a text becomes a conference on this machine: real Asterisk, tones heard, everything stopped after
	@$(RUN)/bin/python -m workbench.demo

demo-provisioning: needs-demo-provisioning $(RUN)/ready ## a CRM makes a subscriber by XML over mutual TLS: certificates, nginx, the same answer twice, a text; everything stopped after
	@$(RUN)/bin/python -m workbench.demo.provisioning

demo-billing: $(RUN)/ready ## conferences become a file of CDRs that billing has by rsync over ssh, proved there by sha256sum and awk; everything stopped after
	@$(RUN)/bin/python -m workbench.demo.billing

play: $(RUN)/ready ## the same, left running, with a prompt to text as a subscriber or act a handset
	@$(RUN)/bin/python -m workbench.demo.play

play-portal: $(RUN)/ready ## the same with the subscriber's portal beside it, at an address that is printed, by the real nginx
	@$(RUN)/bin/python -m workbench.demo.portal

test: needs-test fetch ## all tests: linters, types, unit, integration on the real parts
	@$(DEV)/bin/pytest --numprocesses $(JOBS) --dist loadscope --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered

unit: $(DEV)/ready ## the tests without I/O, with the coverage of the domain
	@$(DEV)/bin/pytest tests/unit --cov --cov-report=term-missing:skip-covered

integration: fetch ## the tests on Asterisk, PostgreSQL, SQLite and an SMSC of another make
	@$(DEV)/bin/pytest tests/integration

fetch: $(DEV)/ready ## get the real parts that the tests need into the cache
	@$(DEV)/bin/python -m workbench.setup.fetch

lint: needs-lint $(DEV)/ready ## style, types and the import rule
	@$(DEV)/bin/pytest tests/lint

format: $(DEV)/ready ## put the sources into the one format
	@$(DEV)/bin/ruff check --fix-only --quiet .
	@$(DEV)/bin/ruff format --quiet .

pages: $(DEV)/ready ## draw states and call flows, write manual, alarms, provisioning's codes, nginx's refusals and the portal's texts anew, from what they come from
	@$(DEV)/bin/python -m workbench.docs.states
	@$(DEV)/bin/python -m workbench.docs.call_flows
	@$(DEV)/bin/python -m workbench.docs.sms_manual
	@$(DEV)/bin/python -m workbench.docs.alarms
	@$(DEV)/bin/python -m workbench.docs.cdr_fields
	@$(DEV)/bin/python -m workbench.docs.provisioning_schema
	@$(DEV)/bin/python -m workbench.docs.provisioning_codes
	@$(DEV)/bin/python -m workbench.docs.nginx_errors
	@$(DEV)/bin/python -m workbench.docs.portal_words

portal-pictures: fetch ## take the pictures of the subscriber's manual anew, of the real pages; ARGS='--all DIRECTORY' takes all, to be looked at
	@$(DEV)/bin/python -m workbench.docs.portal_pictures $(ARGS)

prompts: $(DEV)/ready ## speak the announcements into build/prompts/en/, for a node's [voice] prompts
	@$(DEV)/bin/python -m workbench.release.prompts

videos: fetch ## record the portal's training videos into build/videos/, for the next release; ARGS='--only recordings --language de'
	@$(DEV)/bin/python -m workbench.videos $(ARGS)

bench: fetch ## text to first INVITE beside AMI Originate to INVITE; memory; results in build/bench/
	@$(DEV)/bin/python -m workbench.bench.launch
	@$(DEV)/bin/python -m workbench.bench.footprint

bench-peers: fetch ## usnd beside Kannel and Jasmin at the same work, each with its store; results in build/bench/
	@$(DEV)/bin/python -m workbench.bench.peers $(ARGS)

bench-conference: needs-bench-conference fetch ## 500 people in 50 conferences: gaps, set-ups, delays, load beside ConfBridge; needs root; ARGS='--help'
	@$(DEV)/bin/python -m workbench.bench.conference $(ARGS)

bench-events: $(DEV)/ready ## what the events of a call cost usnd beside panoramisk's reading; a recording, no Asterisk
	@$(DEV)/bin/python -m workbench.bench.events

soak: fetch ## 30 minutes of people, keys and kills, then what is left of it; ARGS='--minutes 5 --seed 2 --postgresql'
	@$(DEV)/bin/python -m workbench.chaos.soak $(ARGS)

chaos-sms: fetch ## 10,000 texts while usnd, the SMSC and the database are killed; the account in build/bench/
	@$(DEV)/bin/python -m workbench.chaos.sms $(ARGS)

chaos-provisioning: fetch ## a bulk of 100,000 rows while nginx, the site and usnd are killed; the account in build/chaos/; ARGS='--rows 5000 --kills 6 --seed 3'
	@$(DEV)/bin/python -m workbench.chaos.provisioning $(ARGS)

chaos-billing: fetch ## a month of calls by a clock that is set, with crashes and a destination away, checked by awk and sqlite3; the export killed 500 times; in build/chaos/; ARGS='--help'
	@$(DEV)/bin/python -m workbench.chaos.billing $(ARGS)

fuzz-provisioning: needs-fuzz-provisioning fetch ## 50,000 hostile documents and worse beside a polite client; in build/chaos/; ARGS='--phases bombs,slow --small'
	@$(DEV)/bin/python -m workbench.fuzz.provisioning $(ARGS)

pair-proof: $(DEV)/ready ## walk every world of two arbiters under two faults and a repair; the count in build/bench/
	@$(DEV)/bin/python -m workbench.model.pair_proof

bench-sms: fetch ## commands and blast segments a second on PostgreSQL, with an SMSC of another make; ARGS='--messages 1000000'; results in build/bench/
	@$(DEV)/bin/python -m workbench.bench.sms $(ARGS)

bench-provisioning: fetch ## creates a second by nginx and mutual TLS beside pgbench, texts beside them, a million subscribers; ARGS='--seconds 20'
	@$(DEV)/bin/python -m workbench.bench.provisioning $(ARGS)

bench-billing: fetch ## a million CDRs to a file beside COPY; a month of 30 million removed under an open SELECT; texts beside an export; ARGS='--help'
	@$(DEV)/bin/python -m workbench.bench.billing $(ARGS)

bench-portal: fetch ## 500 subscribers browse, 200 live pages look on, texts beside them; uvicorn and sse-starlette at the same events; ARGS='--help'
	@$(DEV)/bin/python -m workbench.bench.portal $(ARGS)

bench-portal-pages: fetch ## the portal's pages by Lighthouse, and how soon a text shows in an open one; results in build/bench/
	@$(DEV)/bin/python -m workbench.bench.portal.pages $(ARGS)

depot: needs-depot $(OPS)/ready ## build what a node installs: Debian's packages, Asterisk, the release; prints the inventory's variables
	@$(OPS)/bin/python -m workbench.release

ca: $(RUN)/ready ## usnd ca on this machine: ARGS='issue crm-1 --out ~/crm-1'; docs/operator/certificates.md
	@$(RUN)/bin/python -m usnd ca $(ARGS)

lab: needs-lab $(OPS)/ready ## two bare servers become a pair, in network namespaces of this machine; left running (needs root)
	@$(OPS)/bin/python -m workbench.lab up

lab-shell: needs-lab-shell $(OPS)/ready ## a shell at the lab's control address, with ansible-playbook ready
	@$(OPS)/bin/python -m workbench.lab shell

lab-chaos: needs-lab-chaos $(OPS)/ready ## on a lab that is up: ARGS='--rows crash,hang --times 20 --seed 7'; what each fault cost, in build/chaos/
	@$(OPS)/bin/python -m workbench.chaos.pair $(ARGS)

lab-down: needs-lab-down $(OPS)/ready ## end the lab
	@$(OPS)/bin/python -m workbench.lab down

lab-bond: needs-lab-bond $(OPS)/ready ## two emulated servers with real bonds: what dead cables, switches, gateways cost (needs root); ARGS='--help'
	@$(OPS)/bin/python -m workbench.emulator.bond_lab $(ARGS)

test-lab: needs-test-lab $(OPS)/ready ## the lab, from bare servers to a conference, and site.yml again (needs root)
	@$(OPS)/bin/python -m workbench.lab fetch
	@$(OPS)/bin/pytest tests/lab

test-roles: $(OPS)/ready ## ansible-lint, what each role refuses, and (as root) its molecule scenario on two bare servers
	@if $(PYTHON) -m workbench.setup.needs test-lab 2>/dev/null; then $(OPS)/bin/python -m workbench.lab fetch; fi
	@$(OPS)/bin/pytest tests/roles

UV := $(LOCK)/bin/uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate \
  --no-header --no-emit-index-url --no-emit-find-links
lock: $(LOCK)/ready $(DEV)/ready ## renew the locks: requirements*.txt from pyproject.toml, npm's from package.json
	@$(UV) pyproject.toml -o requirements.txt
	@$(UV) --extra dev pyproject.toml -o requirements-dev.txt
	@$(UV) --extra dev --extra ops pyproject.toml -o requirements-ops.txt
	@echo uv | $(UV) - -o requirements-lock.txt
	@printf 'uvicorn\nhttptools\nuvloop\nsse-starlette\n' | $(UV) - -o tests/peers/sse-requirements.txt
	@$(DEV)/bin/python -m workbench.parts.node_js

clean: ## remove what was built here; the caches stay
	rm -rf build .mypy_cache .ruff_cache .hypothesis .coverage

$(NEEDS): needs-%: needs-python
	@$(PYTHON) -m workbench.setup.needs $*

needs-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'Python 3.11 or later is needed, as Debian 12 and 13 have it; as root: apt-get install python3-venv' >&2; exit 1; }

$(RUN)/ready: PACKAGES := requirements.txt
$(DEV)/ready: PACKAGES := requirements-dev.txt
$(OPS)/ready: PACKAGES := requirements-ops.txt
$(LOCK)/ready: PACKAGES := requirements-lock.txt
$(CACHE)/venv/%/ready: | needs-python
	@mkdir -p build
	@$(PYTHON) -m workbench.setup.environment $(PACKAGES) $(@D)
