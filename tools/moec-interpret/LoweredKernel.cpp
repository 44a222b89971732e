//===- LoweredKernel.cpp - A kernel as code of a machine ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "LoweredKernel.h"

#include "moec/runtime/DeviceManifest.h"

using namespace mlir;
using namespace moec;
using namespace moec::runtime;

/// The device, with code of one kernel on it.
static Error launch(Device &device, const moec::CodeObject &object, tile::KernelOp kernel,
                    KernelData &data) {
  Expected<std::unique_ptr<runtime::CodeObject>> code =
      device.loadCode(object.file, std::as_bytes(std::span(object.bytes)));
  if (!code)
    return code.takeError();
  const moec::CodeObject::Kernel &entry = object.kernels.front();
  auto loaded = (*code)->kernel({entry.symbol, entry.scratchBytes, entry.blockThreads});
  if (!loaded)
    return loaded.takeError();
  Expected<std::unique_ptr<Stream>> stream = device.createStream();
  if (!stream)
    return stream.takeError();

  std::vector<moec_word> words;
  std::vector<std::pair<DeviceMemory, std::vector<uint8_t> *>> arrays;
  for (KernelData::Entry &argument : data.entries) {
    if (!argument.type) {
      words.push_back(moec_word(argument.index));
      continue;
    }
    for (std::vector<uint8_t> &bytes : argument.streams) {
      Expected<DeviceMemory> memory = DeviceMemory::allocate(device, bytes.size());
      if (!memory)
        return memory.takeError();
      words.push_back(memory->address());
      if (Error error = (*stream)->copyToDevice(memory->address(), std::as_bytes(std::span(bytes))))
        return error;
      arrays.emplace_back(std::move(*memory), &bytes);
    }
  }
  auto extents = interpreter::evaluateGrid(kernel, data.getArguments());
  if (!extents)
    return extents.takeError();
  Grid grid;
  std::copy(extents->begin(), extents->end(), grid.begin());
  if (llvm::is_contained(grid, 0u))
    return Error::success();
  if (Error error = (*stream)->launch(**loaded, words, grid))
    return error;
  for (auto &[memory, bytes] : arrays)
    if (Error error =
            (*stream)->copyToHost(std::as_writable_bytes(std::span(*bytes)), memory.address()))
      return error;
  return (*stream)->synchronize();
}

Error moec::runLowered(tile::KernelOp kernel, const LoweredOptions &options,
                       const TargetRegistry &targets, KernelData &data) {
  Expected<std::unique_ptr<Target>> target = targets.create(options.target, options.chip);
  if (!target)
    return target.takeError();
  OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
  module->getBody()->push_back(kernel->clone());
  Expected<std::vector<moec::CodeObject>> objects =
      (*target)->generateCode(*module, CodegenOptions());
  if (!objects)
    return objects.takeError();
  Expected<DeviceManifest> manifest = DeviceManifest::loadDefault();
  if (!manifest)
    return manifest.takeError();
  Expected<std::unique_ptr<Device>> device =
      manifest->open((*target)->name(), options.device, DeviceOptions());
  if (!device)
    return device.takeError();
  if (Error error = (*device)->checkFeatures((*target)->features()))
    return error;
  return launch(**device, objects->front(), kernel, data);
}
