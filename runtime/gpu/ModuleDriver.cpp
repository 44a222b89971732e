//===- ModuleDriver.cpp - Calls that vendors have in common ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/gpu/ModuleDriver.h"

#include <cstring>

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::gpu;

/// Streams that the null stream does not order, and a capture of what the calling thread does.
static constexpr int streamNonBlocking = 1, captureThreadLocal = 1;
/// Keys of the `extra` list of a launch: where the arguments lie, and their size.
static constexpr size_t launchBufferPointer = 1, launchBufferSize = 2;

namespace {
/// Where ELF's header says what a file is.
struct ElfHeader {
  static constexpr size_t bytes = 64, sectionOffset = 40, sectionBytes = 58, sections = 60;
};
} // namespace

Status ModuleDriver::start(int &count) {
  Status status = calls.init(0);
  return status == 0 ? calls.getDeviceCount(&count) : status;
}

Status ModuleDriver::readMemory(size_t &free, size_t &total) {
  return calls.memGetInfo(&free, &total);
}

Status ModuleDriver::createStream(StreamHandle &stream) {
  return calls.streamCreate(&stream, streamNonBlocking);
}

Status ModuleDriver::destroyStream(StreamHandle stream) { return calls.streamDestroy(stream); }

Status ModuleDriver::synchronize(StreamHandle stream) { return calls.streamSynchronize(stream); }

Status ModuleDriver::unload(ModuleHandle module) { return calls.moduleUnload(module); }

Status ModuleDriver::findFunction(FunctionHandle &function, ModuleHandle module,
                                  const std::string &symbol) {
  return calls.moduleGetFunction(&function, module, symbol.c_str());
}

Status ModuleDriver::launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                            std::span<const moec_word> args, StreamHandle stream) {
  auto key = [](size_t value) { return reinterpret_cast<void *>(value); };
  size_t bytes = args.size_bytes();
  void *extra[] = {key(launchBufferPointer), const_cast<moec_word *>(args.data()),
                   key(launchBufferSize), &bytes, key(launchEnd)};
  return calls.launchKernel(function, grid[0], grid[1], grid[2], info.blockThreads, 1, 1,
                            unsigned(info.scratchBytes), stream, /*params=*/nullptr, extra);
}

Status ModuleDriver::beginCapture(StreamHandle stream) {
  return calls.streamBeginCapture(stream, captureThreadLocal);
}

Status ModuleDriver::endCapture(StreamHandle stream, GraphHandle &graph) {
  return calls.streamEndCapture(stream, &graph);
}

Status ModuleDriver::launchGraph(ExecHandle exec, StreamHandle stream) {
  return calls.graphLaunch(exec, stream);
}

Status ModuleDriver::destroyGraph(GraphHandle graph) { return calls.graphDestroy(graph); }

Status ModuleDriver::destroyExec(ExecHandle exec) { return calls.graphExecDestroy(exec); }

bool gpu::isElf(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "\177ELF", 4) == 0;
}

Error gpu::checkElfLength(std::span<const std::byte> bytes) {
  if (bytes.size() < ElfHeader::bytes)
    return Error::make("it is cut short: it has ", bytes.size(), " bytes, its header ",
                       ElfHeader::bytes);
  uint64_t offset;
  uint16_t entryBytes, entries;
  std::memcpy(&offset, bytes.data() + ElfHeader::sectionOffset, sizeof offset);
  std::memcpy(&entryBytes, bytes.data() + ElfHeader::sectionBytes, sizeof entryBytes);
  std::memcpy(&entries, bytes.data() + ElfHeader::sections, sizeof entries);
  uint64_t table = uint64_t(entryBytes) * entries;
  if (offset > bytes.size() || table > bytes.size() - offset)
    return Error::make("it is cut short: it has ", bytes.size(), " bytes, its section headers are ",
                       table, " bytes at ", offset);
  return Error::success();
}
