//===- CommandLine.cpp - A program with subcommands -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// CLI11 with one form of error message and one exit code for all of them.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Commands.h"

#include <cstdio>

using namespace moec;
using namespace moec::runtime;

CommandLine::CommandLine(const std::string &program, const std::string &description)
    : application(description, program), program(program) {
  application.require_subcommand(1);
}

CLI::App &CommandLine::add(const std::string &name, const std::string &description,
                           std::function<Error()> action) {
  CLI::App &command = *application.add_subcommand(name, description);
  command.callback([this, action = std::move(action)] { chosen = action; });
  return command;
}

int CommandLine::run(int argc, char **argv) {
  try {
    application.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) // --help
      return application.exit(error);
    std::fprintf(stderr, "%s: error: %s\n", program.c_str(), error.what());
    return 1;
  }
  if (Error error = chosen()) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s: error: %s\n", program.c_str(), error.message().c_str());
    return 1;
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "%s: error: cannot write the output\n", program.c_str());
    return 1;
  }
  return 0;
}
