//===- FakeService.h - An engine service on a device without kernels ------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tiny model on FakeDevice, whose next token follows from all tokens before it.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_SERVICE_FAKESERVICE_H
#define UNITTESTS_SERVICE_FAKESERVICE_H

#include "FakeDevice.h"
#include "TinyModel.h"
#include "moec/runtime/service/EngineService.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace moec::test {

using Tokens = std::vector<int32_t>;

/// A fixture with the tiny model's artifact.
class FakeServiceTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    folder = strCat(testing::TempDir(), "/service-", ::getpid());
    TinyModel::write(folder);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder); }

  static std::unique_ptr<runtime::Engine> makeEngine(runtime::EngineOptions options = {}) {
    auto artifact = runtime::Artifact::open(folder);
    EXPECT_TRUE(artifact) << artifact.takeError().message();
    auto engine =
        runtime::Engine::create(std::move(*artifact), std::make_unique<FakeDevice>(), options);
    EXPECT_TRUE(engine) << engine.takeError().message();
    return std::move(*engine);
  }

  /// The tokens that greedily follow a prompt, none of which ends it.
  static Tokens expected(const Tokens &prompt, size_t count) {
    TinyContext context(TinyModel::onePool());
    for (int32_t token : prompt)
      context.add(token);
    Tokens tokens;
    while (tokens.size() < count) {
      tokens.push_back(context.next());
      context.add(tokens.back());
    }
    return tokens;
  }

  static inline std::string folder;
};

} // namespace moec::test

#endif // UNITTESTS_SERVICE_FAKESERVICE_H
