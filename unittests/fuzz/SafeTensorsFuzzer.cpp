//===- SafeTensorsFuzzer.cpp - Hostile safetensors files --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Whatever opens has tensors that cover the data without holes, and all of their bytes can be read.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/Support/SafeTensors.h"

using namespace moec;
using moec::fuzz::require;

static void checkFile(const SafeTensors &file) {
  uint64_t covered = 0;
  unsigned sum = 0;
  for (const TensorInfo &info : file.tensors()) {
    const auto bytes = file.data(info);
    require(bytes.size() == info.elements() * dtypeSize(info.dtype), "sizes agree");
    for (std::byte byte : bytes)
      sum += std::to_integer<unsigned>(byte);
    covered += bytes.size();
    require(file.find(info.name) == &info, "a listed tensor is found");
  }
  require(covered == file.allData().size() && sum <= 255 * covered, "the data is covered");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Expected<SafeTensors> file = SafeTensors::read(std::as_bytes(std::span(data, size)), "input");
  if (file)
    checkFile(*file);
  else
    require(!file.takeError().message().empty(), "an error has a message");
  return 0;
}
