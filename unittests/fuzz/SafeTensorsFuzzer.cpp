//===- SafeTensorsFuzzer.cpp - Hostile safetensors files --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Whatever opens has tensors that cover the data without holes, and all of their bytes can be read.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/Support/SafeTensors.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace moec;
using moec::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const int fd = memfd_create("input", 0);
  require(fd >= 0 && write(fd, data, size) == static_cast<ssize_t>(size), "the input is written");
  {
    Expected<SafeTensors> file = SafeTensors::open(strCat("/proc/self/fd/", fd));
    if (file) {
      uint64_t covered = 0;
      unsigned sum = 0;
      for (const TensorInfo &info : file->tensors()) {
        const auto bytes = file->data(info);
        require(bytes.size() == info.elements() * dtypeSize(info.dtype), "sizes agree");
        for (std::byte byte : bytes)
          sum += std::to_integer<unsigned>(byte);
        covered += bytes.size();
        require(file->find(info.name) == &info, "a listed tensor is found");
      }
      require(covered == file->allData().size() && sum <= 255 * covered, "the data is covered");
    } else {
      require(!file.takeError().message().empty(), "an error has a message");
    }
  }
  close(fd);
  return 0;
}
