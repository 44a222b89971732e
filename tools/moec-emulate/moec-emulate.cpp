//===- moec-emulate.cpp - Run one kernel ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs one kernel of a code object or of a PTX text on files of data, without the card.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Findings.h"
#include "Ptx.h"
#include "Tracer.h"

#include "moec/Support/OutputFile.h"

#include <CLI/CLI.hpp>

#include <optional>

using namespace moec;

static int fail(const std::string &message) {
  std::fprintf(stderr, "moec-emulate: %s\n", message.c_str());
  return 1;
}

namespace {
/// What the command line says.
struct Settings {
  std::string path, name, trace, json;
  std::vector<uint32_t> grid{1}, block{64}, traceGroup;
  std::vector<std::string> texts;
  gfx950::LaunchShape shape;
  gfx950::LaunchOptions options;
  emulate::FindingOptions findings;
  gfx950::Profile profile;
  bool stats = false, list = false, loops = false;
  std::optional<uint64_t> perturb;

  void addTo(CLI::App &app);
};
} // namespace

void Settings::addTo(CLI::App &app) {
  // Numbers without a sign would take −1 for a very large one.
  const CLI::Validator notNegative(
      [](std::string &text) {
        return text.starts_with('-') ? text + " is less than 0" : std::string();
      },
      "");
  app.add_option("code-object", path, "code object (.hsaco) or PTX text")->required();
  app.add_flag("--list", list, "print the kernels and their arguments, and run nothing");
  app.add_option("--kernel", name, "kernel's name; the only kernel by default");
  app.add_option("--grid", grid, "workgroups: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3)
      ->check(notNegative);
  app.add_option("--block", block, "work items of a workgroup: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3)
      ->check(notNegative);
  app.add_option("--arg", texts, emulate::kArgumentHelp)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--lds", shape.dynamicShared, "bytes of dynamic LDS, or dynamic shared memory")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--threads", options.threads, "host threads; 0: all")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--limit", options.instructionLimit,
                 "stop a wave after this many instructions; 0: never")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--turn", options.turn,
                 "instructions that a wave runs before the next of its workgroup; 0: to a barrier")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--report", findings.report,
               "list findings of all classes and go on; the exit status is 2 if there are any; "
               "includes --groups");
  app.add_flag("--groups", options.checkBlocks,
               "report workgroups that race on global memory, too (slow)");
  app.add_option("--allow", findings.allow,
                 "list findings of these classes and go on: races,waits,windows,poison")
      ->delimiter(',');
  app.add_option("--trace", trace,
                 "print every instruction of WAVE or WAVE:LANE; of PTX, of a warp");
  app.add_option("--trace-group", traceGroup, "workgroup of --trace: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  app.add_flag("--stats", stats, "print counters as a table");
  app.add_flag("--loops", loops,
               "count by loop, lines and loads under way, too (slow): with --stats a table, and in "
               "the file of --json");
  app.add_option("--groups-of-grid", options.blocks,
                 "run these workgroups of the grid only, by their numbers in it: 0,17,300")
      ->delimiter(',')
      ->check(notNegative);
  app.add_option("--perturb", perturb,
                 "PTX only: draw from what cards may do: errors of functions, order of sums");
  app.add_option("--json", json, "write counters to this file; includes --loops");
}

/// The options that make sense for PTX.
static emulate::PtxRequest requestOf(const Settings &s) {
  emulate::PtxRequest request{
      s.path,       s.name, s.json,  s.trace,           s.texts, s.findings.allow,
      s.traceGroup, s.list, s.stats, s.findings.report, {},      {}};
  std::copy(s.grid.begin(), s.grid.end(), request.shape.grid);
  std::copy(s.block.begin(), s.block.end(), request.shape.block);
  request.shape.dynamicShared = s.shape.dynamicShared;
  request.options.threads = s.options.threads;
  request.options.instructionLimit = s.options.instructionLimit;
  request.options.turn = s.options.turn;
  request.options.checkBlocks = s.options.checkBlocks;
  request.options.blocks = s.options.blocks;
  request.options.perturb = s.perturb;
  return request;
}

int main(int argc, char **argv) {
  CLI::App app(
      "Runs a kernel of a gfx950 code object or of a PTX text on the CPU, checking every access.");
  Settings s;
  s.addTo(app);
  CLI11_PARSE(app, argc, argv);

  gfx950::AllocationTable memory;
  auto bytes = emulate::readFile(s.path);
  if (!bytes)
    return fail(bytes.takeError().message());
  if (std::string text(reinterpret_cast<const char *>(bytes->data()), bytes->size());
      ptx::isPtx(text)) {
    if (s.loops)
      return fail("--loops is of code objects");
    auto status = emulate::runPtx(text, requestOf(s));
    return status ? *status : fail(status.takeError().message());
  }
  if (std::string why = emulate::refuseMachineCode(*bytes); !why.empty())
    return fail(s.path + " " + why);
  if (s.perturb)
    return fail("--perturb is of PTX");
  auto module = gfx950::Module::load(*bytes, memory);
  if (!module)
    return fail(s.path + ": " + module.takeError().message());
  if (s.list)
    return emulate::listKernels(**module), 0;
  auto chosen = emulate::chooseKernel((*module)->object(), s.name);
  if (!chosen)
    return fail(s.path + " " + chosen.takeError().message());
  const gfx950::KernelInfo *kernel = *chosen;
  std::copy(s.grid.begin(), s.grid.end(), s.shape.grid);
  std::copy(s.block.begin(), s.block.end(), s.shape.block);
  emulate::Arguments arguments(memory);
  if (Error e = arguments.build(*kernel, s.texts))
    return fail(e.message());
  if (Error e = s.findings.apply(s.options))
    return fail(e.message());
  if (!s.trace.empty()) {
    auto trace = emulate::parseTrace(s.trace, s.traceGroup, s.shape);
    if (!trace)
      return fail(trace.takeError().message());
    s.options.trace = emulate::Tracer((*module)->program(*kernel), *trace);
  }
  if (Error e = checkWritable(s.json))
    return fail(e.message());
  if (s.loops || !s.json.empty())
    s.options.profile = &s.profile;
  auto counters = gfx950::launch(**module, *kernel, s.shape, arguments.bytes(), memory, s.options);
  const bool wrong = s.findings.print();
  if (!counters)
    return fail(counters.takeError().message());
  if (Error e = emulate::report(*kernel, s.shape, *counters, s.options.profile, s.stats, s.json))
    return fail(e.message());
  if (Error e = arguments.writeOutputs())
    return fail(e.message());
  return wrong ? 2 : 0;
}
