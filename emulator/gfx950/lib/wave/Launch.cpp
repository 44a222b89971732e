//===- Launch.cpp - Running kernels -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Builds the kernarg segment and the dispatch packet, and hands workgroups to host threads.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Launch.h"

#include "Workgroup.h"
#include "moec/emulator/core/BlockThreads.h"

#include <algorithm>
#include <cstring>

namespace moec::gfx950 {

namespace {
constexpr uint32_t kMaxLds = 160 * 1024;
constexpr size_t kLine = 64;

/// The value of a hidden argument; unknown kinds are zero.
uint64_t hiddenValue(const std::string &kind, const LaunchShape &s) {
  auto indexed = [&](const char *prefix) -> int {
    size_t n = std::strlen(prefix);
    if (kind.compare(0, n, prefix) != 0 || kind.size() != n + 1)
      return -1;
    return kind[n] - 'x';
  };
  if (int d = indexed("hidden_block_count_"); d >= 0 && d < 3)
    return s.grid[d];
  if (int d = indexed("hidden_group_size_"); d >= 0 && d < 3)
    return s.block[d];
  if (kind == "hidden_grid_dims")
    return s.grid[2] * s.block[2] > 1 ? 3 : s.grid[1] * s.block[1] > 1 ? 2 : 1;
  if (kind == "hidden_dynamic_lds_size")
    return s.dynamicShared;
  if (kind == "hidden_private_base")
    return kPrivateAperture >> 32;
  if (kind == "hidden_shared_base")
    return kSharedAperture >> 32;
  return 0;
}

void put(std::byte *at, uint64_t value, size_t bytes) { std::memcpy(at, &value, bytes); }

Error checkShape(const KernelInfo &k, const LaunchShape &s, size_t argumentBytes) {
  uint64_t items = uint64_t(s.block[0]) * s.block[1] * s.block[2];
  if (items == 0 || s.grid[0] == 0 || s.grid[1] == 0 || s.grid[2] == 0)
    return Error::make("kernel ", k.name, ": the grid or the block is empty");
  if (items > k.maxFlatWorkgroup)
    return Error::make("kernel ", k.name, ": ", items, " work items in a workgroup, at most ",
                       k.maxFlatWorkgroup);
  for (unsigned d = 0; d < 3; ++d)
    if (k.reqd[d] && k.reqd[d] != s.block[d])
      return Error::make("kernel ", k.name, ": block dimension ", d, " is ", s.block[d],
                         " and must be ", k.reqd[d]);
  if (uint64_t(k.ldsBytes) + s.dynamicShared > kMaxLds)
    return Error::make("kernel ", k.name, ": ", k.ldsBytes + s.dynamicShared,
                       " bytes of LDS, the machine has ", kMaxLds);
  if (argumentBytes > k.kernargBytes)
    return Error::make("kernel ", k.name, ": ", argumentBytes,
                       " bytes of arguments, the kernel takes ", k.kernargBytes);
  return Error::success();
}

std::vector<std::byte> buildKernarg(const KernelInfo &k, const LaunchShape &s,
                                    std::span<const std::byte> arguments) {
  // Padded to whole lines, as the segment is in a real queue: compilers widen scalar loads of
  // arguments.
  std::vector<std::byte> segment((k.kernargBytes + kLine) / kLine * kLine + kLine);
  std::copy(arguments.begin(), arguments.end(), segment.begin());
  for (const KernelArgument &a : k.arguments)
    if (a.hidden())
      put(segment.data() + a.offset, hiddenValue(a.kind, s), std::min<size_t>(a.size, 8));
  return segment;
}

/// An HSA kernel dispatch packet, for kernels that read their dispatch pointer.
std::vector<std::byte> buildPacket(const KernelInfo &k, const LaunchShape &s, uint64_t kernarg) {
  std::vector<std::byte> packet(64);
  put(packet.data() + 0, 2 | (3u << 16), 4);
  for (unsigned d = 0; d < 3; ++d) {
    put(packet.data() + 4 + 2 * d, s.block[d], 2);
    put(packet.data() + 12 + 4 * d, uint64_t(s.grid[d]) * s.block[d], 4);
  }
  put(packet.data() + 24, k.privateBytes, 4);
  put(packet.data() + 28, k.ldsBytes + s.dynamicShared, 4);
  put(packet.data() + 40, kernarg, 8);
  return packet;
}

/// Memory of the launch that kernels may read, at the start of a line of the caches: how many lines
/// it takes is then the same in every process.
class Exposed {
public:
  Exposed(AllocationTable &memory, const std::vector<std::byte> &bytes)
      : memory(memory), storage(bytes.size() + kLineBytes) {
    start = reinterpret_cast<std::byte *>(
        (reinterpret_cast<uint64_t>(storage.data()) + kLineBytes - 1) / kLineBytes * kLineBytes);
    std::copy(bytes.begin(), bytes.end(), start);
    memory.expose(start, bytes.size(), true);
  }
  ~Exposed() { memory.hide(start); }
  uint64_t address() const { return reinterpret_cast<uint64_t>(start); }

private:
  AllocationTable &memory;
  std::vector<std::byte> storage;
  std::byte *start;
};

/// What the threads of a launch add up.
struct LaunchResult {
  Counters total;
  std::map<std::pair<uint64_t, FindingClass>, Finding> findings;
};

/// The workgroups that one host thread runs.
class GroupWorker : public emulator::BlockWorker {
public:
  GroupWorker(LaunchContext &context, LaunchResult &result)
      : context(context), result(result), group(context) {}

  Error run(uint64_t number) override {
    const uint32_t (&grid)[3] = context.shape.grid;
    uint32_t id[3] = {uint32_t(number % grid[0]), uint32_t(number / grid[0] % grid[1]),
                      uint32_t(number / grid[0] / grid[1])};
    return group.run(id);
  }

  void finish() override {
    result.total.add(group.counters);
    if (group.profiler)
      addProfile(*context.options.profile, group.profiler->take());
    for (auto &[key, finding] : group.findings) {
      Finding &all = result.findings[key];
      finding.count += all.count;
      if (all.count && all.group < finding.group)
        all.count = finding.count;
      else
        all = std::move(finding);
    }
  }

private:
  LaunchContext &context;
  LaunchResult &result;
  Workgroup group;
};
} // namespace

static constexpr const char *kFindingNames[kFindingClasses] = {"races", "waits", "windows",
                                                               "poison"};

const char *findingName(FindingClass c) { return kFindingNames[unsigned(c)]; }

std::optional<FindingClass> findingClass(std::string_view name) {
  for (unsigned i = 0; i < kFindingClasses; ++i)
    if (name == kFindingNames[i])
      return FindingClass(i);
  return std::nullopt;
}

Expected<std::unique_ptr<Module>> Module::load(std::span<const std::byte> bytes,
                                               AllocationTable &memory) {
  auto code = CodeObject::load(bytes);
  if (!code)
    return code.takeError();
  std::unique_ptr<Module> module(new Module(memory));
  module->code = std::move(*code);
  const CodeObject &object = *module->code;
  auto *text = reinterpret_cast<const std::byte *>(object.base() + object.codeBegin());
  auto program = Program::decode({text, object.codeEnd() - object.codeBegin()}, object.codeBegin());
  if (!program)
    return program.takeError();
  module->decoded = std::move(*program);
  for (const auto &[name, kernel] : object.kernels())
    if (auto &own = module->byAccumOffset[kernel.vgprs]; !own && kernel.vgprs != kFirstAgpr)
      own = module->decoded->withAccumOffset(kernel.vgprs);
  memory.expose(reinterpret_cast<const void *>(object.base()), object.imageBytes(), false);
  return std::move(module);
}

Module::~Module() {
  if (decoded)
    memory.hide(reinterpret_cast<const void *>(code->base()));
}

const Program &Module::program(const KernelInfo &kernel) const {
  auto it = byAccumOffset.find(kernel.vgprs);
  return it == byAccumOffset.end() || !it->second ? *decoded : *it->second;
}

const KernelInfo *Module::kernel(const std::string &name) const {
  auto it = code->kernels().find(name);
  return it == code->kernels().end() ? nullptr : &it->second;
}

Expected<Counters> launch(const Module &module, const KernelInfo &kernel, const LaunchShape &shape,
                          std::span<const std::byte> arguments, AllocationTable &memory,
                          const LaunchOptions &options) {
  if (Error e = checkShape(kernel, shape, arguments.size()))
    return e;
  if (!module.program(kernel).at(kernel.start()))
    return Error::make("kernel ", kernel.name, ": its entry is not in the code");
  Exposed kernarg(memory, buildKernarg(kernel, shape, arguments));
  Exposed packet(memory, buildPacket(kernel, shape, kernarg.address()));
  if (options.profile)
    *options.profile = {};
  LaunchContext context(module, kernel, shape, memory, options);
  context.kernarg = kernarg.address();
  context.dispatchPacket = packet.address();
  context.ldsBytes = kernel.ldsBytes + shape.dynamicShared;
  if (options.checkBlocks)
    context.races = std::make_unique<emulator::BlockRaces>();

  if (options.profile)
    context.loops = std::make_unique<LoopForest>(context.program.instructions());

  const uint64_t all = uint64_t(shape.grid[0]) * shape.grid[1] * shape.grid[2];
  for (uint64_t group : options.blocks)
    if (group >= all)
      return Error::make("kernel ", kernel.name, ": there is no workgroup ", group, " of ", all);
  LaunchResult result;
  Error fault = emulator::runBlocks({all, options.blocks, options.threads}, context.stop,
                                    [&] { return std::make_unique<GroupWorker>(context, result); });
  if (options.findings)
    for (auto &[key, finding] : result.findings)
      options.findings->push_back(std::move(finding));
  if (options.profile)
    finishProfile(*options.profile);
  if (fault)
    return fault;
  return result.total;
}

} // namespace moec::gfx950
