# make build | demo | test: each installs what is missing first (Debian packages, as root).
BUILD_TYPE ?= Release
BUILD_DIR  ?= build
CC         := clang-22
CXX        := clang++-22
export CC CXX

.PHONY: build deps configure
deps:
	@utils/install-deps.sh

configure: deps
	@cmake -S . -B $(BUILD_DIR) -G Ninja -DCMAKE_BUILD_TYPE=$(BUILD_TYPE) \
	  $$(command -v ccache >/dev/null && echo -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache) \
	  --log-level=WARNING

build: configure
	@cmake --build $(BUILD_DIR)
