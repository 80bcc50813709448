# `make test` is everything that continuous integration runs; each of its stages is a target of its own.
# Whatever is built lands in build/ and is kept there between runs.

export BUILD := $(CURDIR)/build
SUITES := $(patsubst tests/%/go.mod,suite-%,$(wildcard tests/*/go.mod))
# Every stage needs the first two: if one of them fails, the run ends.
NEEDED := setup build
STAGES := $(NEEDED) vet lint generate-check test-go $(SUITES) fuzz

# The packages that implement Apache's interfaces have methods that only look like the standard library's.
STDMETHODS := /protocol$$

.PHONY: test $(STAGES) generate peers bench bench-go soak clean

test:
	@NEEDED="$(NEEDED)" sh tests/stages.sh $(STAGES)

# Installs what is missing, as root on Debian; says what is missing elsewhere.
setup:
	@sh tests/setup.sh

build:
	go build ./...

vet:
	go vet $$(go list ./... | grep -v '$(STDMETHODS)')
	go list ./... | { grep '$(STDMETHODS)' || true; } | xargs -r go vet -stdmethods=false
	GOARCH=386 CGO_ENABLED=0 go vet -stdmethods=false ./...
	GOOS=darwin go vet -stdmethods=false ./...
	GOOS=windows go vet -stdmethods=false ./...

lint: $(BUILD)/staticcheck
	@sh tests/gofmt.sh
	$(BUILD)/staticcheck ./...

$(BUILD)/staticcheck: tools/go.mod tools/go.sum
	go -C tools build -o $@ honnef.co/go/tools/cmd/staticcheck

# The stubs in thrift/gen-go are committed: a user needs no compiler.
generate:
	@sh tests/generate.sh thrift/gen-go

generate-check:
	@sh tests/generate.sh $(BUILD)/gen-go
	diff -r thrift/gen-go $(BUILD)/gen-go

test-go:
	go test -race -timeout 30m ./...

# Each nested module in tests/ is a suite; the clients of other makes and languages are the one in tests/peers.
$(SUITES): suite-%: $(BUILD)/staticcheck
	cd tests/$* && go vet ./... && $(BUILD)/staticcheck ./...
	cd tests/$* && go test -race -count=1 -timeout 15m ./...

peers: suite-peers
	@sh tests/report.sh

# FUZZ says for how long: 1000000x, or 5m, of each target.
fuzz:
	@sh tests/fuzz.sh

# What servers cost a call, each in a process of its own, then what each filter
# costs: about four minutes, or longer with BENCH=full, which also renews
# BENCHMARKS.md. BENCHFLAGS can choose some: see tests/bench.
bench:
	cd tests/bench && go run . -out $(BUILD)/bench $(if $(filter full,$(BENCH)),-full -document ../../BENCHMARKS.md) $(BENCHFLAGS)
	go test -run '^$$' -bench '^BenchmarkFilters$$' -benchmem -benchtime 300ms ./filter

# The layers by themselves, comparable by benchstat.
bench-go:
	go test -run '^$$' -bench . -benchmem ./...

# The tests named TestSoak…, for as long as SOAK says.
soak: export SOAK ?= 10m
soak:
	go test -count=1 -timeout 0 -run '^TestSoak' -v ./...

clean:
	rm -rf $(BUILD)
