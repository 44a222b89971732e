# Two commands: `make demo` and `make test`. Each installs what is missing first (Debian packages, as root).
BUILD_TYPE ?= Release
BUILD_DIR  ?= build
CC         := clang-22
CXX        := clang++-22
export CC CXX
# What ccache needs to know about precompiled headers.
export CCACHE_SLOPPINESS := pch_defines,time_macros

.PHONY: help build release configure deps demo test test-all test-clients test-programs sanitize sanitize-address sanitize-thread
.PHONY: address-programs thread-programs planted-bugs docs fuzz style lint format clean

help:
	@echo 'make demo    install what is missing, build, compile the bundled model for this CPU, generate text'
	@echo 'make test    install what is missing, check the style, build, run the tests'
	@echo 'make test-all  the same, each checkpoint in every format, and whatever else takes long'
	@echo 'make test-clients  the server with the clients of OpenAI and Anthropic alone, which npm installs in $(BUILD_DIR)/npm'
	@echo 'make sanitize  every test with AddressSanitizer and UBSan (build-asan), the runtime with TSan (build-tsan)'
	@echo 'make planted-bugs  plants known bugs in the sources, one after the other: a test must fail for each'
	@echo 'make fuzz    look for inputs that break what reads files'
	@echo 'make build   programs that check assertions, as the tests run them, in $(BUILD_DIR)/bin'
	@echo 'make release programs without, as the demo and benchmarks run them, in build-release/bin'
	@echo 'make docs    the reference of dialects and passes, in $(BUILD_DIR)/docs/reference'
	@echo 'make style   formatting, structure, documents, as make test checks them; make format mends the formatting'
	@echo 'make lint    the same, and clang-tidy on what changed'

deps:
	@utils/install-deps.sh

configure: deps
	@cmake -S . -B $(BUILD_DIR) -G Ninja -DCMAKE_BUILD_TYPE=$(BUILD_TYPE) --log-level=WARNING $(CONFIGURE_FLAGS) \
	  $$(command -v ccache >/dev/null && echo -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

build: configure
	@cmake --build $(BUILD_DIR)

# A tree of its own, so that neither makes the other build again.
release:
	@$(MAKE) --no-print-directory configure BUILD_DIR=build-release CONFIGURE_FLAGS=-DMOEC_ASSERTIONS=OFF
	@cmake --build build-release

demo: release
	@examples/demo.sh build-release

style: deps
	@utils/format.sh
	@python3 utils/check-structure.py
	@python3 utils/check-docs.py

# Not a part of `make test`: clang-tidy takes seconds a file, and wants a build to read.
lint: style
	@utils/tidy.sh $(BUILD_DIR)

format: deps
	@utils/format.sh -f

test: style test-programs
	@cmake --build $(BUILD_DIR) --target check-moec

test-programs: build
	@cmake --build $(BUILD_DIR) --target MoecTestPrograms

# The feature `all` of lit.
test-all: export MOEC_TEST_ALL := 1
test-all: test

test-clients: build
	@cmake --build $(BUILD_DIR) --target check-moec-clients

docs: configure
	@cmake --build $(BUILD_DIR) --target moec-docs
	@echo 'the reference of dialects and passes is in $(BUILD_DIR)/docs/reference'

# Trees of their own; no documented option but MOEC_SANITIZE tells them from the plain one.
sanitize: sanitize-address sanitize-thread

sanitize-address: address-programs
	@cmake --build build-asan --target check-moec

sanitize-thread: thread-programs
	@cmake --build build-tsan --target check-moec-runtime

address-programs:
	@$(MAKE) --no-print-directory test-programs BUILD_DIR=build-asan CONFIGURE_FLAGS=-DMOEC_SANITIZE=address

thread-programs:
	@$(MAKE) --no-print-directory configure BUILD_DIR=build-tsan CONFIGURE_FLAGS=-DMOEC_SANITIZE=thread
	@cmake --build build-tsan --target MoecRuntimeTestPrograms

# After `make test`: only what a bug touches is built again.
planted-bugs: build
	@utils/plant-bugs.py --build $(BUILD_DIR)

# Every format that is read from outside, instrumented and with sanitizers, for some seconds each.
fuzz: deps
	@cmake -S . -B $(BUILD_DIR)-fuzz -G Ninja -DCMAKE_BUILD_TYPE=Release -DMOEC_FUZZ=ON -DMOEC_SANITIZE=address \
	  --log-level=WARNING
	@cmake --build $(BUILD_DIR)-fuzz --target MoecFuzzers
	@cd $(BUILD_DIR)-fuzz && ctest --output-on-failure --no-tests=error -R MoecFuzz

clean:
	@cmake --build $(BUILD_DIR) --target clean
