//===- Arguments.cpp - Kernel arguments from the command line ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arguments are "kind:value". Buffers live in device memory; scalars are written into the segment.
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>

namespace moec::emulate {

const char *const kArgumentHelp =
    "one for each explicit argument, in order, or NAME=…, the others zero: in:FILE (buffer with "
    "the file's bytes), "
    "out:FILE:BYTES (zeroed buffer, "
    "written to FILE), inout:FILE:OUT (read from FILE, written to OUT), buf:BYTES (zeroed scratch "
    "buffer), null, "
    "i32:N, u32:N, i64:N, u64:N, f32:X, f64:X, i16:N, u16:N, i8:N, u8:N";

Expected<std::vector<std::byte>> readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || std::filesystem::is_directory(path))
    return Error::make("cannot open ", path);
  std::vector<std::byte> bytes(size_t(file.tellg()));
  file.seekg(0);
  file.read(reinterpret_cast<char *>(bytes.data()), std::streamsize(bytes.size()));
  if (!file)
    return Error::make("cannot read ", path);
  return bytes;
}

/// Length of the name before "=", 0 if there is none; what is behind a ":" may hold a "=", too.
static size_t nameLength(const std::string &text) {
  size_t equals = text.find('='), colon = text.find(':');
  return equals == std::string::npos || equals > colon ? 0 : equals;
}

template <typename T> static void put(std::vector<std::byte> &segment, uint32_t offset, T value) {
  if (segment.size() < offset + sizeof value)
    segment.resize(offset + sizeof value);
  std::memcpy(segment.data() + offset, &value, sizeof value);
}

Error Arguments::build(const gfx950::KernelInfo &kernel, const std::vector<std::string> &texts) {
  std::vector<const gfx950::KernelArgument *> slots;
  for (const gfx950::KernelArgument &a : kernel.arguments)
    if (!a.hidden())
      slots.push_back(&a);
  if (!texts.empty() && nameLength(texts[0]))
    return buildByName(kernel, texts);
  if (texts.size() != slots.size())
    return Error::make("kernel ", kernel.name, " takes ", slots.size(), " arguments, ",
                       texts.size(), " are given");
  for (size_t i = 0; i < texts.size(); ++i)
    if (Error e = place(texts[i], *slots[i]))
      return std::move(e).addContext(strCat("argument ", i));
  return Error::success();
}

Error Arguments::buildByName(const gfx950::KernelInfo &kernel,
                             const std::vector<std::string> &texts) {
  segment.resize(kernel.kernargBytes);
  for (const std::string &text : texts) {
    size_t length = nameLength(text);
    std::string name = text.substr(0, length);
    if (!length)
      return Error::make("\"", text, "\" has no name, the first argument has one");
    auto it = std::find_if(kernel.arguments.begin(), kernel.arguments.end(),
                           [&](const auto &a) { return !a.hidden() && a.name == name; });
    if (it == kernel.arguments.end())
      return Error::make("kernel ", kernel.name, " has no argument \"", name, "\"");
    if (Error e = place(text.substr(length + 1), *it))
      return std::move(e).addContext(strCat("argument ", name));
  }
  return Error::success();
}

/// Opcodes without semantics, and what does not decode: data in the code may be among it.
static void listMissing(const gfx950::Program &program) {
  std::map<std::string, size_t> missing;
  const auto &instructions = program.instructions();
  // The last one stands for the end of the code.
  for (const gfx950::Instruction &inst : std::span(instructions).first(instructions.size() - 1))
    if (!gfx950::opcodeStatus(inst.opcodeName).supported)
      ++missing[inst.opcodeName];
  if (missing.empty())
    std::printf("all of %zu instructions are emulated\n", instructions.size() - 1);
  for (const auto &[name, count] : missing)
    std::printf("not emulated: %s, %zu of %zu instructions\n", name.c_str(), count,
                instructions.size() - 1);
}

void listKernels(const gfx950::Module &module) {
  for (const auto &[name, k] : module.object().kernels()) {
    std::printf("%s\n  at most %u work items, %u VGPRs, %u AGPRs, %u bytes of LDS, %u of scratch a "
                "lane\n",
                name.c_str(), k.maxFlatWorkgroup, k.vgprs, k.agprs, k.ldsBytes, k.privateBytes);
    for (const gfx950::KernelArgument &a : k.arguments)
      if (!a.hidden())
        std::printf("  %4u %2u bytes  %-16s %s\n", a.offset, a.size, a.kind.c_str(),
                    a.name.c_str());
  }
  listMissing(module.program());
}

Expected<const gfx950::KernelInfo *> chooseKernel(const gfx950::CodeObject &object,
                                                  const std::string &name) {
  const auto &kernels = object.kernels();
  if (kernels.empty())
    return Error::make("has no kernels");
  if (name.empty() && kernels.size() == 1)
    return &kernels.begin()->second;
  if (auto it = kernels.find(name); it != kernels.end())
    return &it->second;
  std::string names;
  for (const auto &[each, info] : kernels)
    names += (names.empty() ? "" : ", ") + each;
  if (name.empty())
    return Error::make("has ", kernels.size(), " kernels, --kernel takes one of them: ", names);
  return Error::make("has no kernel \"", name, "\"; it has: ", names);
}

/// Bytes of a buffer at most.
static constexpr uint64_t mostBytes = uint64_t(16) << 30;

/// A whole number of `bits` bits, in decimal or after 0x; nothing else.
static Expected<uint64_t> readInteger(const std::string &text, bool isSigned, unsigned bits) {
  bool isNegative = isSigned && text.starts_with('-');
  std::string digits = text.substr(isNegative ? 1 : 0);
  bool isHex = digits.starts_with("0x") || digits.starts_with("0X");
  const char *begin = digits.data() + (isHex ? 2 : 0), *end = digits.data() + digits.size();
  uint64_t value = 0;
  auto [rest, ec] = std::from_chars(begin, end, value, isHex ? 16 : 10);
  // A pattern of bits may be written in hexadecimal digits, whatever its sign is.
  uint64_t most = ~uint64_t(0) >> (64 - bits);
  if (isSigned && !isHex)
    most = (most >> 1) + (isNegative ? 1 : 0);
  if (ec != std::errc() || rest != end || begin == end || value > most)
    return Error::make("'", text, "' is no ", isSigned ? "signed" : "unsigned", " number of ", bits,
                       " bits");
  return isNegative ? ~value + 1 : value;
}

static Expected<double> readFloat(const std::string &text) {
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end)
    return Error::make("'", text, "' is no number");
  return value;
}

Error Arguments::place(const std::string &text, const gfx950::KernelArgument &slot) {
  size_t colon = text.find(':');
  std::string kind = text.substr(0, colon),
              rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (kind == "in" || kind == "out" || kind == "inout" || kind == "buf" || kind == "null")
    return placeBuffer(kind, rest, slot);
  if (kind == "f32" || kind == "f64") {
    if (slot.size != (kind == "f32" ? 4 : 8))
      return Error::make(kind, " does not fit an argument of ", slot.size, " bytes");
    Expected<double> value = readFloat(rest);
    if (!value)
      return value.takeError().addContext(text);
    kind == "f32" ? put(segment, slot.offset, float(*value)) : put(segment, slot.offset, *value);
    return Error::success();
  }
  if (kind.size() < 2 || (kind[0] != 'i' && kind[0] != 'u'))
    return Error::make("\"", text, "\" is not of a known kind: ", kArgumentHelp);
  unsigned bits = unsigned(std::atoi(kind.c_str() + 1));
  if (bits != slot.size * 8)
    return Error::make(kind, " does not fit an argument of ", slot.size, " bytes");
  Expected<uint64_t> value = readInteger(rest, kind[0] == 'i', bits);
  if (!value)
    return value.takeError().addContext(text);
  for (unsigned i = 0; i < slot.size; ++i)
    put(segment, slot.offset + i, uint8_t(*value >> (8 * i)));
  return Error::success();
}

Error Arguments::placeBuffer(const std::string &kind, const std::string &rest,
                             const gfx950::KernelArgument &slot) {
  if (slot.size != 8)
    return Error::make("a buffer does not fit an argument of ", slot.size, " bytes");
  if (kind == "null") {
    put(segment, slot.offset, uint64_t(0));
    return Error::success();
  }
  size_t colon = rest.rfind(':');
  std::string first = kind == "out" || kind == "inout" ? rest.substr(0, colon) : rest;
  std::string second = colon == std::string::npos ? "" : rest.substr(colon + 1);
  std::vector<std::byte> data;
  if (kind == "in" || kind == "inout") {
    auto bytes = readFile(first);
    if (!bytes)
      return bytes.takeError();
    data = std::move(*bytes);
  } else {
    Expected<uint64_t> bytes = readInteger(kind == "out" ? second : rest, /*isSigned=*/false, 64);
    if (!bytes)
      return bytes.takeError().addContext(strCat(kind, ":", rest, ": BYTES"));
    if (*bytes > mostBytes)
      return Error::make(kind, ":", rest, " has ", *bytes, " bytes, more than ", mostBytes);
    data.resize(*bytes);
  }
  void *buffer = memory.allocate(data.size());
  if (!buffer)
    return Error::make("no memory for ", data.size(), " bytes");
  std::memcpy(buffer, data.data(), data.size());
  put(segment, slot.offset, reinterpret_cast<uint64_t>(buffer));
  if (kind == "out" || kind == "inout")
    outputs.push_back({kind == "out" ? first : second, buffer, data.size()});
  return Error::success();
}

Error report(const gfx950::KernelInfo &kernel, const gfx950::LaunchShape &shape,
             const gfx950::Counters &counters, const gfx950::Profile *profile, bool table,
             const std::string &jsonPath) {
  uint32_t waves =
      (shape.block[0] * shape.block[1] * shape.block[2] + gfx950::kLanes - 1) / gfx950::kLanes;
  gfx950::Occupancy occupancy =
      gfx950::occupancyOf(kernel.allocatedVgprs(), kernel.ldsBytes + shape.dynamicShared, waves);
  if (table)
    std::fputs(gfx950::countersTable(kernel.name, counters, occupancy).c_str(), stdout);
  if (table && profile)
    std::fputs(gfx950::profileTable(*profile).c_str(), stdout);
  if (jsonPath.empty())
    return Error::success();
  std::ofstream file(jsonPath);
  auto extents = [](const uint32_t (&e)[3]) {
    return strCat("[", e[0], ", ", e[1], ", ", e[2], "]");
  };
  std::string more =
      strCat("\"grid\": ", extents(shape.grid), ", \"block\": ", extents(shape.block));
  if (profile)
    more += ", " + gfx950::profileJson(*profile);
  file << gfx950::countersJson(kernel.name, counters, occupancy, more) << std::endl;
  return file ? Error::success() : Error::make("cannot write ", jsonPath);
}

Error Arguments::writeOutputs() const {
  for (const Output &o : outputs) {
    std::ofstream file(o.path, std::ios::binary);
    file.write(static_cast<const char *>(o.data), std::streamsize(o.bytes)).flush();
    if (!file)
      return Error::make("cannot write ", o.path);
  }
  return Error::success();
}

} // namespace moec::emulate
