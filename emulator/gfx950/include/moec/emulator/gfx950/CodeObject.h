//===- CodeObject.h - Code objects and their kernels ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Loads an HSA code object (ELF64, versions 5 and 6): segments, kernel descriptors, the msgpack
// metadata, and the relocations that lld leaves.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_CODEOBJECT_H
#define MOEC_EMULATOR_GFX950_CODEOBJECT_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::gfx950 {

/// A kernel's argument as the metadata lists it.
struct KernelArgument {
  uint32_t offset = 0, size = 0;
  std::string kind; ///< `value_kind`, such as global_buffer or hidden_block_count_x.
  std::string name; ///< Empty if the metadata has none.
  bool hidden() const { return kind.rfind("hidden_", 0) == 0; }
};

/// What a kernel descriptor and its metadata say.
struct KernelInfo {
  std::string name;
  uint64_t entry = 0;        ///< Virtual address of the first instruction.
  uint32_t ldsBytes = 0;     ///< Static LDS.
  uint32_t privateBytes = 0; ///< Scratch of one lane.
  bool dynamicStack = false;
  uint32_t kernargBytes = 0;
  uint32_t vgprs = 0; ///< Architected VGPRs; the file splits at this register.
  uint32_t agprs = 0;
  uint32_t sgprs = 0;
  uint32_t userSgprs = 0;
  uint32_t preloadLength = 0, preloadOffset = 0; ///< Kernarg preload, in dwords.
  bool privateBuffer = false, dispatchPtr = false, queuePtr = false, kernargPtr = false;
  bool dispatchId = false, flatScratchInit = false, privateSize = false;
  bool groupIdX = false, groupIdY = false, groupIdZ = false, groupInfo = false;
  uint32_t workItemIds = 0; ///< 0 x, 1 x and y, 2 x, y and z.
  uint32_t mode = 0; ///< Initial MODE register (rounding, denormals, DX10 clamp, IEEE, overflow).
  uint32_t maxFlatWorkgroup = 1024;
  uint32_t reqd[3] = {0, 0, 0};
  std::vector<KernelArgument> arguments;
  /// Virtual address at which waves start: firmware that preloads arguments skips the first 256
  /// bytes, which load them for firmware that does not.
  uint64_t start() const { return entry + (preloadLength ? 256 : 0); }
  /// Registers of a lane that the kernel occupies, in the machine's granules of 8.
  uint32_t allocatedVgprs() const { return (vgprs + agprs + 7) / 8 * 8; }
};

/// A variable that the host may look up by name.
struct GlobalVariable {
  uint64_t address = 0; ///< Host address in the loaded image.
  uint64_t size = 0;
};

/// A loaded code object: one image in host memory, at which its code and data live.
class CodeObject {
public:
  /// Loads `bytes`. Errors name the section or field that is wrong.
  static Expected<std::unique_ptr<CodeObject>> load(std::span<const std::byte> bytes);

  /// The kernels, by name.
  const std::map<std::string, KernelInfo> &kernels() const { return kernelTable; }
  /// The exported variables, by name.
  const std::map<std::string, GlobalVariable> &variables() const { return variableTable; }
  /// Host address of virtual address 0 of the image.
  uint64_t base() const { return reinterpret_cast<uint64_t>(image.get()) + padding; }
  /// Bytes of the image.
  uint64_t imageBytes() const { return size; }
  /// Virtual addresses [begin, end) that hold code.
  uint64_t codeBegin() const { return textBegin; }
  uint64_t codeEnd() const { return textEnd; }
  /// The processor's name from e_flags, such as gfx950.
  const std::string &processor() const { return cpu; }
  /// Code object version (5 or 6).
  unsigned version() const { return codeObjectVersion; }

private:
  friend class CodeObjectLoader;
  CodeObject() = default;
  std::unique_ptr<std::byte[]> image;
  uint64_t padding = 0, size = 0, textBegin = 0, textEnd = 0;
  std::string cpu;
  unsigned codeObjectVersion = 0;
  std::map<std::string, KernelInfo> kernelTable;
  std::map<std::string, GlobalVariable> variableTable;
};

/// Reads the argument list and limits of every kernel from an NT_AMDGPU_METADATA note (msgpack)
/// into `kernels`, by the kernels' names.
Error readMetadata(std::span<const std::byte> note, std::map<std::string, KernelInfo> &kernels);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_CODEOBJECT_H
