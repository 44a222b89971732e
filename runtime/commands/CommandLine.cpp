//===- CommandLine.cpp - A program with subcommands -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// CLI11 with one form of error message and one exit code for all of them.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/commands/Commands.h"

#include <cstdio>
#include <new>

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

/// Says something on standard error, behind what was printed so far.
static void say(const std::string &program, const char *kind, const std::string &message) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s: %s\n", program.c_str(), kind, message.c_str());
}

/// Says an error; returns the exit code.
static int fail(const std::string &program, const std::string &message) {
  say(program, "error", message);
  return 1;
}

void CommandLine::report(const Error &error) { reported = fail(program, error.message()) != 0; }

void CommandLine::note(const std::string &message) { say(program, "note", message); }

int CommandLine::run(int argc, char **argv) {
  try {
    application.parse(argc, argv);
    if (Error error = chosen())
      return fail(program, error.message());
  } catch (const CLI::ParseError &error) {
    return error.get_exit_code() == 0 ? application.exit(error) /* --help */
                                      : fail(program, error.what());
  } catch (const std::bad_alloc &) {
    return fail(program, "there is not enough memory");
  } catch (const std::exception &error) {
    return fail(program, error.what());
  }
  // A write that failed before leaves nothing to flush but is remembered.
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    return fail(program, "cannot write the standard output");
  return reported ? 1 : 0;
}
