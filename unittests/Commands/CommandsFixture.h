//===- CommandsFixture.h - Runs commands in process -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Writes the tiny model with a tokenizer of one token a letter, and captures what commands print.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_COMMANDS_COMMANDSFIXTURE_H
#define UNITTESTS_COMMANDS_COMMANDSFIXTURE_H

#include "TinyModel.h"
#include "moec/Support/File.h"
#include "moec/runtime/commands/Commands.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace moec::test {

/// What a command did.
struct CommandResult {
  int exitCode;
  std::string out, err;
};

/// A folder with the tiny model `model.moec`.
class CommandsTest : public testing::Test {
protected:
  void SetUp() override {
    dir = strCat(testing::TempDir(), "/commands-", ::getpid());
    std::filesystem::create_directories(dir);
    model = dir + "/model.moec";
    TinyModel::write(model);
    ASSERT_FALSE(writeFileAtomic(model + "/tokenizer.json", tokenizerJson()));
  }
  void TearDown() override { std::filesystem::remove_all(dir); }

  /// Token i is the letter number i of the alphabet.
  static std::string tokenizerJson() {
    nlohmann::json vocab = nlohmann::json::object();
    for (uint32_t i = 0; i < TinyModel::vocab; ++i)
      vocab[std::string(1, static_cast<char>('a' + i))] = i;
    return nlohmann::json{{"version", "1.0"},
                          {"added_tokens", nlohmann::json::array()},
                          {"normalizer", nullptr},
                          {"pre_tokenizer",
                           {{"type", "ByteLevel"},
                            {"add_prefix_space", false},
                            {"trim_offsets", true},
                            {"use_regex", true}}},
                          {"post_processor", nullptr},
                          {"decoder",
                           {{"type", "ByteLevel"},
                            {"add_prefix_space", true},
                            {"trim_offsets", true},
                            {"use_regex", true}}},
                          {"model",
                           {{"type", "BPE"},
                            {"dropout", nullptr},
                            {"unk_token", nullptr},
                            {"continuing_subword_prefix", nullptr},
                            {"end_of_word_suffix", nullptr},
                            {"fuse_unk", false},
                            {"byte_fallback", false},
                            {"ignore_merges", false},
                            {"vocab", vocab},
                            {"merges", nlohmann::json::array()}}}}
        .dump();
  }
  static std::vector<int32_t> idsOf(const std::string &letters) {
    std::vector<int32_t> ids;
    for (char c : letters)
      ids.push_back(c - 'a');
    return ids;
  }
  static std::string lettersOf(const std::vector<int32_t> &ids) {
    std::string letters;
    for (int32_t id : ids)
      letters.push_back(static_cast<char>('a' + id));
    return letters;
  }
  static std::string listOf(const std::vector<int32_t> &ids) {
    std::string list;
    for (int32_t id : ids)
      list += strCat(list.empty() ? "" : ",", id);
    return list;
  }

  static CommandResult run(std::vector<std::string> words) {
    runtime::CommandLine line("moec-run", "test");
    runtime::addRunCommand(line);
    runtime::addEvalCommand(line);
    runtime::addBenchCommand(line);
    runtime::addInspectCommand(line);
    runtime::addLaunchCommand(line);
    runtime::addTokenizeCommand(line);
    words.insert(words.begin(), "moec-run");
    std::vector<char *> argv;
    for (std::string &word : words)
      argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int exitCode = line.run(static_cast<int>(argv.size()), argv.data());
    CommandResult result{exitCode, testing::internal::GetCapturedStdout(),
                         testing::internal::GetCapturedStderr()};
    return result;
  }

  std::string dir, model;
};

} // namespace moec::test

#endif // UNITTESTS_COMMANDS_COMMANDSFIXTURE_H
