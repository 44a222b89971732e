//===- ModuleDriver.h - Calls that vendors have in common -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The vendors' module APIs have the same calls for streams, modules, launches and graphs, under
// names of their own.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_GPU_MODULEDRIVER_H
#define MOEC_RUNTIME_GPU_MODULEDRIVER_H

#include "moec/runtime/gpu/DriverLibrary.h"
#include "moec/runtime/gpu/GpuDriver.h"

namespace moec::runtime::gpu {

/// The entry points that both vendors have, with opaque handles, so that neither headers nor the
/// library are needed to build. Enumerations and flags are numbers of the vendors' ABI.
class ModuleApi : public DriverLibrary {
public:
  Status (*init)(unsigned flags);
  Status (*getDeviceCount)(int *count);
  Status (*memGetInfo)(size_t *free, size_t *total);
  Status (*streamCreate)(StreamHandle *stream, unsigned flags);
  Status (*streamDestroy)(StreamHandle stream);
  Status (*streamSynchronize)(StreamHandle stream);
  Status (*moduleUnload)(ModuleHandle module);
  Status (*moduleGetFunction)(FunctionHandle *function, ModuleHandle module, const char *name);
  Status (*launchKernel)(FunctionHandle function, unsigned gridX, unsigned gridY, unsigned gridZ,
                         unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                         StreamHandle stream, void **params, void **extra);
  Status (*streamBeginCapture)(StreamHandle stream, int mode);
  Status (*streamEndCapture)(StreamHandle stream, GraphHandle *graph);
  Status (*graphLaunch)(ExecHandle exec, StreamHandle stream);
  Status (*graphExecDestroy)(ExecHandle exec);
  Status (*graphDestroy)(GraphHandle graph);
};

/// What GpuDriver asks for and one of these calls does.
class ModuleDriver : public GpuDriver {
public:
  /// `launchEnd` is the key that ends the `extra` list of a launch.
  ModuleDriver(ModuleApi &calls, size_t launchEnd) : calls(calls), launchEnd(launchEnd) {}

  const std::string &library() const override { return calls.library(); }
  const std::string &name() const override { return cardName; }
  const std::string &architecture() const override { return arch; }
  Status start(int &count) override;
  Status readMemory(size_t &free, size_t &total) override;

  Status createStream(StreamHandle &stream) override;
  Status destroyStream(StreamHandle stream) override;
  Status synchronize(StreamHandle stream) override;

  Status unload(ModuleHandle module) override;
  Status findFunction(FunctionHandle &function, ModuleHandle module,
                      const std::string &symbol) override;
  /// Arguments are one buffer.
  Status launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                std::span<const moec_word> args, StreamHandle stream) override;

  Status beginCapture(StreamHandle stream) override;
  Status endCapture(StreamHandle stream, GraphHandle &graph) override;
  Status launchGraph(ExecHandle exec, StreamHandle stream) override;
  Status destroyGraph(GraphHandle graph) override;
  Status destroyExec(ExecHandle exec) override;

protected:
  /// Of the GPU that was opened.
  std::string cardName, arch;

private:
  ModuleApi &calls;
  const size_t launchEnd;
};

/// Whether bytes begin as an ELF file does.
bool isElf(std::span<const std::byte> bytes);
/// Fails where a file that begins as ELF ends early: drivers take an image without its size.
Error checkElfLength(std::span<const std::byte> bytes);

} // namespace moec::runtime::gpu

#endif // MOEC_RUNTIME_GPU_MODULEDRIVER_H
