//===- CompiledModels.cpp - Artifacts that tests share --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "CompiledModels.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <tuple>
#include <unistd.h>

using namespace moec;

namespace {
/// Removes what there is when all tests are through.
class Models : public testing::Environment {
public:
  void TearDown() override {
    for (const auto &[options, path] : paths)
      std::filesystem::remove_all(path);
  }

  std::map<std::tuple<std::string, int64_t, std::string>, std::string> paths;
};

// GoogleTest deletes it.
Models *const models = static_cast<Models *>(testing::AddGlobalTestEnvironment(new Models));
} // namespace

const std::string &moec::test::compileOnce(CompileOptions options) {
  std::string &path = models->paths[{options.input, options.pageSize, options.kvCache}];
  if (!path.empty())
    return path;
  options.output = path =
      strCat(testing::TempDir(), "/model-", ::getpid(), "-", models->paths.size(), ".moec");
  TargetRegistry targets;
  registerAllTargets(targets);
  std::ostringstream out, log;
  EXPECT_EQ(compile(options, targets, out, log).message(), "");
  return path;
}
