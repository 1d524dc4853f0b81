# make up, make demo, make logs, make down; make test. Each sets up what it needs and is safe to repeat.
NODE := node_modules/.bin/node
MODULES := node_modules/.package-lock.json

.PHONY: up down logs demo test bench-trust bench-cli bench-gateway fuzz-trust fuzz-gateway fmt clean

up: $(MODULES)
	@$(NODE) scripts/up.ts

down: $(MODULES)
	@$(NODE) scripts/down.ts

logs: $(MODULES)
	@$(NODE) scripts/logs.ts

demo: $(MODULES)
	@$(NODE) scripts/demo.ts

test: $(MODULES)
	@$(NODE) scripts/test.ts

# The trust server beside Debian's notary-server; prints a table of ratios.
bench-trust: $(MODULES)
	@$(NODE) scripts/bench-trust.ts

# Our notary command beside the Go client, locally and 20 ms away; prints a table of ratios. ROUNDS=5 TAGS=10,1000,10000
bench-cli: $(MODULES)
	@$(NODE) scripts/bench-cli.ts

# The Docker gateway beside the engine's own socket. CALLS=1000 CREATES=200 ROUNDS=5 MEGABYTES=64 HELD=500 BURST=1000
bench-gateway: $(MODULES)
	@$(NODE) scripts/bench-gateway.ts

# Updates made up at random, sent to Debian's notary-server and to ours: FUZZ_TRUST_SECONDS=600 FUZZ_TRUST_SEED=1
fuzz-trust: $(MODULES)
	@FUZZ_TRUST_SECONDS=$${FUZZ_TRUST_SECONDS:-300} npx --no-install vitest run tests/interop/parity-updates.test.ts

# Requests made up at random, sent to a real engine through the gateway: FUZZ_GATEWAY_SECONDS=900 FUZZ_GATEWAY_SEED=1
fuzz-gateway: $(MODULES)
	@FUZZ_GATEWAY_SECONDS=$${FUZZ_GATEWAY_SECONDS:-300} npx --no-install vitest run tests/fuzz-gateway.test.ts

fmt: $(MODULES)
	@npm run --silent format

# What was built; the data directory stays.
clean:
	rm -rf dist

$(MODULES): package-lock.json
	@command -v npm >/dev/null || { echo "error: npm is missing: install Node.js first" >&2; exit 1; }
	@echo "installing npm packages"
	@npm ci --loglevel=error
	@touch $@
