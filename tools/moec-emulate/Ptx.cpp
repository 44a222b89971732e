//===- Ptx.cpp - Run one kernel of a PTX text -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A kernel's parameters are places of its parameter bytes, as explicit arguments are of a kernarg
// segment, so the same texts say what goes there.
//
//===----------------------------------------------------------------------===//

#include "Ptx.h"

#include "Arguments.h"
#include "moec/Support/OutputFile.h"
#include "moec/emulator/ptx/Warp.h"

#include <cstdio>
#include <fstream>

namespace moec::emulate {

std::string refuseMachineCode(std::span<const std::byte> bytes) {
  constexpr std::string_view elf = "\177ELF", fat = "\x50\xed\x55\xba";
  constexpr unsigned machineAt = 18, cuda = 190; // e_machine, EM_CUDA
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  bool isCubin = text.starts_with(elf) && text.size() > machineAt + 1 &&
                 (uint8_t(text[machineAt]) | uint8_t(text[machineAt + 1]) << 8) == cuda;
  if (!isCubin && !text.starts_with(fat))
    return "";
  return strCat(
      "is ", isCubin ? "a cubin" : "a fat binary",
      ", machine code of NVIDIA's cards, which is not emulated; PTX is: what moec compile "
      "--emit asm writes, or a kernel's .ptx of an artifact");
}

static gfx950::KernelInfo placesOf(const ptx::KernelInfo &kernel) {
  gfx950::KernelInfo places;
  places.name = kernel.name;
  places.kernargBytes = kernel.parameterBytes;
  for (const ptx::KernelParameter &p : kernel.parameters)
    places.arguments.push_back({p.offset, p.size, p.pointer ? "pointer" : "value", p.name});
  return places;
}

static void listKernels(const ptx::Module &module) {
  for (const auto &[name, k] : module.kernels()) {
    std::printf("%s\n  at most %u threads, %u bytes of static shared memory%s, %u of local memory, "
                "%u instructions\n",
                name.c_str(), k.maxThreads, k.sharedBytes, k.dynamicShared ? " and dynamic" : "",
                k.localBytes, k.instructions);
    for (const ptx::KernelParameter &p : k.parameters)
      std::printf("  %4u %2u bytes  %-16s %s\n", p.offset, p.size, p.pointer ? "pointer" : "value",
                  p.name.c_str());
  }
}

static Expected<const ptx::KernelInfo *> chooseKernel(const ptx::Module &module,
                                                      const std::string &name) {
  const auto &kernels = module.kernels();
  if (name.empty() && kernels.size() == 1)
    return &kernels.begin()->second;
  if (const ptx::KernelInfo *kernel = module.kernel(name))
    return kernel;
  std::string names;
  for (const auto &[each, info] : kernels)
    names += (names.empty() ? "" : ", ") + each;
  return Error::make(name.empty() ? strCat("has ", kernels.size(), " kernels, --kernel takes one")
                                  : strCat("has no kernel \"", name, "\""),
                     "; it has: ", names);
}

/// Prints the lines that one warp of one block executes.
static Error addTrace(PtxRequest &request, const ptx::Module &module, uint32_t threads) {
  if (request.trace.empty())
    return Error::success();
  if (request.trace.find_first_not_of("0123456789") != std::string::npos ||
      request.trace.size() > 4 ||
      std::stoul(request.trace) >= (threads + ptx::kLanes - 1) / ptx::kLanes)
    return Error::make("--trace ", request.trace, " is no warp of a block of ", threads,
                       " threads");
  unsigned warp = unsigned(std::stoul(request.trace));
  uint64_t block = 0, step = 1;
  for (size_t d = 0; d < request.traceBlock.size() && d < 3; ++d) {
    block += step * request.traceBlock[d];
    step *= request.shape.grid[d];
  }
  request.options.blocks = {block};
  request.options.trace = [&module, warp](const ptx::Warp &w, const ptx::Instruction &inst) {
    if (w.index == warp)
      std::printf("%6u  %08x  %s\n", inst.line, w.mask, module.line(inst.line).c_str());
  };
  return Error::success();
}

static Error allowFindings(PtxRequest &request, unsigned &asked) {
  for (const std::string &name : request.allow) {
    auto c = ptx::findingClass(name);
    if (!c)
      return Error::make("\"", name, "\" is no class of findings of PTX: races, waits, poison");
    asked |= ptx::findingBit(*c);
  }
  request.options.allowed = request.report ? ~0u : asked;
  request.options.checkBlocks |= request.report;
  return Error::success();
}

static bool printFindings(const std::vector<ptx::Finding> &findings, unsigned asked) {
  bool wrong = false;
  for (const ptx::Finding &f : findings) {
    std::string times = f.count > 1 ? strCat(", ", f.count, " times") : "";
    std::fprintf(stderr, "%s: %s%s\n", ptx::findingName(f.cls), f.text.c_str(), times.c_str());
    wrong = wrong || !(asked & ptx::findingBit(f.cls));
  }
  return wrong;
}

Expected<int> runPtx(const std::string &text, PtxRequest request) {
  gfx950::AllocationTable memory;
  auto module = ptx::Module::load(text, memory);
  if (!module)
    return module.takeError().addContext(request.path);
  if (request.list)
    return listKernels(**module), 0;
  auto kernel = chooseKernel(**module, request.kernel);
  if (!kernel)
    return Error::make(request.path, " ", kernel.takeError().message());
  Arguments arguments(memory);
  if (Error e = arguments.build(placesOf(**kernel), request.arguments))
    return e;
  unsigned asked = 0;
  if (Error e = allowFindings(request, asked))
    return e;
  const uint32_t (&block)[3] = request.shape.block;
  if (Error e = addTrace(request, **module, block[0] * block[1] * block[2]))
    return e;
  if (Error e = checkWritable(request.json))
    return e;
  std::vector<ptx::Finding> findings;
  request.options.findings = &findings;
  auto counters =
      ptx::launch(**module, **kernel, request.shape, arguments.bytes(), memory, request.options);
  bool wrong = printFindings(findings, asked);
  if (!counters)
    return counters.takeError();
  if (request.stats)
    std::fputs(ptx::countersTable((*kernel)->name, *counters).c_str(), stdout);
  if (!request.json.empty()) {
    std::ofstream file(request.json);
    file << ptx::countersJson((*kernel)->name, *counters) << std::endl;
    if (!file)
      return Error::make("cannot write ", request.json);
  }
  if (Error e = arguments.writeOutputs())
    return e;
  return wrong ? 2 : 0;
}

} // namespace moec::emulate
