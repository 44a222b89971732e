//===- CodeObject.cpp - Code objects and their kernels ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lays the loadable segments of an HSA code object out in one image, applies the dynamic
// relocations and reads kernel descriptors. LLVM's object library checks the ELF structure.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/CodeObject.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/AMDHSAKernelDescriptor.h"

#include <cstring>

namespace moec::gfx950 {

using ElfFile = llvm::object::ELFFile<llvm::object::ELF64LE>;

namespace {
constexpr uint64_t kImageAlignment = 4096;
}

/// Builds a CodeObject; a friend of it.
class CodeObjectLoader {
public:
  explicit CodeObjectLoader(std::span<const std::byte> bytes)
      : bytes(bytes), result(new CodeObject) {}

  Expected<std::unique_ptr<CodeObject>> run() {
    llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    auto file = ElfFile::create(text);
    if (!file)
      return failure("not an ELF file", file.takeError());
    if (Error e = checkHeader(file->getHeader()))
      return e;
    if (Error e = mapSegments(*file))
      return e;
    if (Error e = relocate(*file))
      return e;
    if (Error e = readSymbols(*file))
      return e;
    if (Error e = readNotes(*file))
      return e;
    return std::move(result);
  }

private:
  static Error failure(const char *what, llvm::Error error) {
    return Error::make("code object: ", what, ": ", llvm::toString(std::move(error)));
  }

  Error checkHeader(const ElfFile::Elf_Ehdr &header) {
    namespace ELF = llvm::ELF;
    if (header.e_machine != ELF::EM_AMDGPU)
      return Error::make("code object: machine ", unsigned(header.e_machine), " is not EM_AMDGPU (",
                         unsigned(ELF::EM_AMDGPU), ")");
    if (header.e_ident[ELF::EI_OSABI] != ELF::ELFOSABI_AMDGPU_HSA)
      return Error::make("code object: OS ABI ", unsigned(header.e_ident[ELF::EI_OSABI]),
                         " is not AMDGPU_HSA (", unsigned(ELF::ELFOSABI_AMDGPU_HSA), ")");
    unsigned abi = header.e_ident[ELF::EI_ABIVERSION];
    if (abi != ELF::ELFABIVERSION_AMDGPU_HSA_V5 && abi != ELF::ELFABIVERSION_AMDGPU_HSA_V6)
      return Error::make("code object: ABI version ", abi,
                         " is neither that of code object 5 (3) nor of 6 (4)");
    result->codeObjectVersion = abi + 2;
    unsigned machine = header.e_flags & ELF::EF_AMDGPU_MACH;
    if (machine != ELF::EF_AMDGPU_MACH_AMDGCN_GFX950)
      return Error::make("code object: processor number ", machine, " in e_flags is not gfx950 (",
                         unsigned(ELF::EF_AMDGPU_MACH_AMDGCN_GFX950), ")");
    result->cpu = "gfx950";
    return Error::success();
  }

  Error mapSegments(const ElfFile &file) {
    auto segments = file.program_headers();
    if (!segments)
      return failure("program headers", segments.takeError());
    uint64_t end = 0;
    for (const auto &s : *segments)
      if (s.p_type == llvm::ELF::PT_LOAD) {
        if (s.p_offset + s.p_filesz > bytes.size() || s.p_filesz > s.p_memsz ||
            s.p_vaddr + s.p_memsz > (1u << 30))
          return Error::make("code object: segment at ", uint64_t(s.p_vaddr), " with ",
                             uint64_t(s.p_filesz), " bytes does not fit the file of ", bytes.size(),
                             " bytes");
        end = std::max<uint64_t>(end, s.p_vaddr + s.p_memsz);
      }
    result->size = end;
    result->image = std::make_unique<std::byte[]>(end + kImageAlignment);
    uint64_t raw = reinterpret_cast<uint64_t>(result->image.get());
    result->padding = (kImageAlignment - raw % kImageAlignment) % kImageAlignment;
    for (const auto &s : *segments)
      if (s.p_type == llvm::ELF::PT_LOAD) {
        std::memcpy(at(s.p_vaddr), bytes.data() + s.p_offset, s.p_filesz);
        if (s.p_flags & llvm::ELF::PF_X) {
          result->textBegin = s.p_vaddr;
          result->textEnd = s.p_vaddr + s.p_filesz;
        }
      }
    return Error::success();
  }

  std::byte *at(uint64_t address) {
    return reinterpret_cast<std::byte *>(result->base() + address);
  }

  Error relocate(const ElfFile &file) {
    auto sections = file.sections();
    if (!sections)
      return failure("sections", sections.takeError());
    for (const auto &section : *sections) {
      if (section.sh_type != llvm::ELF::SHT_RELA)
        continue;
      auto relocations = file.relas(section);
      if (!relocations)
        return failure("relocations", relocations.takeError());
      auto link = file.getSection(section.sh_link);
      if (!link)
        return failure("relocation symbols", link.takeError());
      for (const auto &r : *relocations) {
        if (r.r_offset + 8 > result->size)
          return Error::make("code object: relocation at ", uint64_t(r.r_offset),
                             " is outside the image of ", result->size, " bytes");
        uint64_t symbolValue = 0;
        if (unsigned index = r.getSymbol(false)) {
          auto symbol = file.getEntry<ElfFile::Elf_Sym>(**link, index);
          if (!symbol)
            return failure("relocation symbol", symbol.takeError());
          if ((*symbol)->st_shndx == llvm::ELF::SHN_UNDEF)
            return Error::make("code object: relocation at ", uint64_t(r.r_offset),
                               " needs an undefined symbol");
          symbolValue = (*symbol)->st_value;
        }
        uint64_t value = result->base() + symbolValue + static_cast<uint64_t>(int64_t(r.r_addend));
        switch (r.getType(false)) {
        case llvm::ELF::R_AMDGPU_RELATIVE64:
        case llvm::ELF::R_AMDGPU_ABS64:
          std::memcpy(at(r.r_offset), &value, 8);
          break;
        case llvm::ELF::R_AMDGPU_ABS32_LO:
          std::memcpy(at(r.r_offset), &value, 4);
          break;
        case llvm::ELF::R_AMDGPU_ABS32_HI:
          value >>= 32;
          std::memcpy(at(r.r_offset), &value, 4);
          break;
        default:
          return Error::make("code object: relocation type ", unsigned(r.getType(false)), " at ",
                             uint64_t(r.r_offset), " is not one that a linked code object holds");
        }
      }
    }
    return Error::success();
  }

  Error readSymbols(const ElfFile &file) {
    auto sections = file.sections();
    if (!sections)
      return failure("sections", sections.takeError());
    for (const auto &section : *sections) {
      if (section.sh_type != llvm::ELF::SHT_DYNSYM)
        continue;
      auto symbols = file.symbols(&section);
      auto names = file.getStringTableForSymtab(section);
      if (!symbols)
        return failure("symbols", symbols.takeError());
      if (!names)
        return failure("symbol names", names.takeError());
      for (const auto &symbol : *symbols) {
        auto name = symbol.getName(*names);
        if (!name)
          return failure("symbol name", name.takeError());
        if (symbol.getType() != llvm::ELF::STT_OBJECT || symbol.st_shndx == llvm::ELF::SHN_UNDEF)
          continue;
        if (symbol.st_value + symbol.st_size > result->size)
          return Error::make("code object: symbol ", name->str(), " is outside the image");
        if (name->ends_with(".kd")) {
          if (symbol.st_size != sizeof(llvm::amdhsa::kernel_descriptor_t))
            return Error::make("code object: descriptor ", name->str(), " has ",
                               uint64_t(symbol.st_size), " bytes instead of 64");
          addKernel(name->drop_back(3).str(), symbol.st_value);
        } else {
          result->variableTable[name->str()] = {result->base() + symbol.st_value, symbol.st_size};
        }
      }
    }
    return Error::success();
  }

  void addKernel(const std::string &name, uint64_t address) {
    using namespace llvm::amdhsa;
    kernel_descriptor_t d;
    std::memcpy(&d, at(address), sizeof d);
    KernelInfo k;
    k.name = name;
    k.entry = address + static_cast<uint64_t>(d.kernel_code_entry_byte_offset);
    k.ldsBytes = d.group_segment_fixed_size;
    k.privateBytes = d.private_segment_fixed_size;
    k.kernargBytes = d.kernarg_size;
    uint32_t r1 = d.compute_pgm_rsrc1, r2 = d.compute_pgm_rsrc2, r3 = d.compute_pgm_rsrc3;
    uint32_t total =
        (AMDHSA_BITS_GET(r1, COMPUTE_PGM_RSRC1_GRANULATED_WORKITEM_VGPR_COUNT) + 1) * 8;
    k.vgprs = (AMDHSA_BITS_GET(r3, COMPUTE_PGM_RSRC3_GFX90A_ACCUM_OFFSET) + 1) * 4;
    k.vgprs = std::min(k.vgprs, std::min(total, 256u));
    k.agprs = std::min(total - k.vgprs, 256u);
    k.sgprs = 102;
    k.mode = AMDHSA_BITS_GET(r1, COMPUTE_PGM_RSRC1_FLOAT_ROUND_MODE_32) |
             AMDHSA_BITS_GET(r1, COMPUTE_PGM_RSRC1_FLOAT_ROUND_MODE_16_64) << 2 |
             AMDHSA_BITS_GET(r1, COMPUTE_PGM_RSRC1_FLOAT_DENORM_MODE_32) << 4 |
             AMDHSA_BITS_GET(r1, COMPUTE_PGM_RSRC1_FLOAT_DENORM_MODE_16_64) << 6;
    k.mode |= ((r1 >> 21) & 1) << 8;  // DX10 clamp.
    k.mode |= ((r1 >> 23) & 1) << 9;  // IEEE.
    k.mode |= ((r1 >> 26) & 1) << 23; // FP16 overflow.
    k.userSgprs = AMDHSA_BITS_GET(r2, COMPUTE_PGM_RSRC2_GFX6_GFX120_USER_SGPR_COUNT);
    k.groupIdX = AMDHSA_BITS_GET(r2, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_X);
    k.groupIdY = AMDHSA_BITS_GET(r2, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_Y);
    k.groupIdZ = AMDHSA_BITS_GET(r2, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_Z);
    k.groupInfo = AMDHSA_BITS_GET(r2, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_INFO);
    k.workItemIds = AMDHSA_BITS_GET(r2, COMPUTE_PGM_RSRC2_ENABLE_VGPR_WORKITEM_ID);
    uint32_t p = d.kernel_code_properties;
    k.privateBuffer = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_BUFFER);
    k.dispatchPtr = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_PTR);
    k.queuePtr = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_QUEUE_PTR);
    k.kernargPtr = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_KERNARG_SEGMENT_PTR);
    k.dispatchId = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_ID);
    k.flatScratchInit = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_FLAT_SCRATCH_INIT);
    k.privateSize = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_SIZE);
    k.dynamicStack = AMDHSA_BITS_GET(p, KERNEL_CODE_PROPERTY_USES_DYNAMIC_STACK);
    k.preloadLength = d.kernarg_preload & 127;
    k.preloadOffset = d.kernarg_preload >> 7;
    result->kernelTable[name] = k;
  }

  Error readNotes(const ElfFile &file) {
    auto segments = file.program_headers();
    if (!segments)
      return failure("program headers", segments.takeError());
    bool found = false;
    for (const auto &segment : *segments) {
      if (segment.p_type != llvm::ELF::PT_NOTE)
        continue;
      llvm::Error error = llvm::Error::success();
      for (const auto &note : file.notes(segment, error)) {
        if (note.getType() != llvm::ELF::NT_AMDGPU_METADATA)
          continue;
        auto blob = note.getDesc(std::max<uint64_t>(segment.p_align, 4));
        found = true;
        if (Error e = readMetadata({reinterpret_cast<const std::byte *>(blob.data()), blob.size()},
                                   result->kernelTable)) {
          llvm::consumeError(std::move(error));
          return e;
        }
      }
      if (error)
        return failure("notes", std::move(error));
    }
    if (!found)
      return Error::make("code object: there is no NT_AMDGPU_METADATA note");
    return Error::success();
  }

  std::span<const std::byte> bytes;
  std::unique_ptr<CodeObject> result;
};

Expected<std::unique_ptr<CodeObject>> CodeObject::load(std::span<const std::byte> bytes) {
  return CodeObjectLoader(bytes).run();
}

} // namespace moec::gfx950
