//===- moec-emulate.cpp - Run one gfx950 kernel -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs one kernel of a code object on files of data, without the card.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Tracer.h"

#include <CLI/CLI.hpp>

using namespace moec;

static int fail(const std::string &message) {
  std::fprintf(stderr, "moec-emulate: %s\n", message.c_str());
  return 1;
}

int main(int argc, char **argv) {
  CLI::App app("Runs a kernel of a gfx950 code object on the CPU, checking every access.");
  std::string path, name, trace, json;
  std::vector<uint32_t> grid{1}, block{64}, traceGroup;
  std::vector<std::string> texts;
  gfx950::LaunchShape shape;
  gfx950::LaunchOptions options;
  bool stats = false;
  app.add_option("code-object", path, "code object (.hsaco)")->required();
  app.add_option("--kernel", name, "kernel's name; the only kernel by default");
  app.add_option("--grid", grid, "workgroups: X,Y,Z")->delimiter(',')->expected(1, 3);
  app.add_option("--block", block, "work items of a workgroup: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  app.add_option("--arg", texts, emulate::kArgumentHelp)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--lds", shape.dynamicLds, "bytes of dynamic LDS");
  app.add_option("--threads", options.threads, "host threads; 0: all");
  app.add_option("--limit", options.instructionLimit,
                 "stop a wave after this many instructions; 0: never");
  app.add_option("--trace", trace, "print every instruction of WAVE or WAVE:LANE");
  app.add_option("--trace-group", traceGroup, "workgroup of --trace: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  app.add_flag("--stats", stats, "print counters as a table");
  app.add_option("--json", json, "write counters to this file");
  CLI11_PARSE(app, argc, argv);

  gfx950::AllocationTable memory;
  auto bytes = emulate::readFile(path);
  if (!bytes)
    return fail(bytes.takeError().message());
  auto module = gfx950::Module::load(*bytes, memory);
  if (!module)
    return fail(path + ": " + module.takeError().message());
  const auto &kernels = (*module)->object().kernels();
  const gfx950::KernelInfo *kernel =
      name.empty() && kernels.size() == 1 ? &kernels.begin()->second : (*module)->kernel(name);
  if (!kernel)
    return fail(path + " has no kernel \"" + name + "\"");
  std::copy(grid.begin(), grid.end(), shape.grid);
  std::copy(block.begin(), block.end(), shape.block);
  emulate::Arguments arguments(memory);
  if (Error e = arguments.build(*kernel, texts))
    return fail(e.message());
  if (!trace.empty())
    options.trace =
        emulate::Tracer((*module)->program(*kernel), emulate::parseTrace(trace, traceGroup));
  auto counters = gfx950::launch(**module, *kernel, shape, arguments.bytes(), memory, options);
  if (!counters)
    return fail(counters.takeError().message());
  return emulate::report(*kernel, shape, *counters, stats, json) || arguments.writeOutputs()
             ? fail("cannot write the results")
             : 0;
}
