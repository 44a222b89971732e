//===- PrecompiledStandard.h - What most files without MLIR include -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The headers of the standard library, and of JSON, that most files of the runtime, the emulators
// and the other libraries without MLIR include, precompiled once for all of them (see
// moec_add_library). Files include what they use all the same:
// -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON shows it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_PRECOMPILEDSTANDARD_H
#define MOEC_PRECOMPILEDSTANDARD_H

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#endif // MOEC_PRECOMPILEDSTANDARD_H
