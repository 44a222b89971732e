//===- Artifact.cpp - A compiled model on disk ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Hashes first, then structure, then what the plan says about other files.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Artifact.h"
#include "moec/Kernel.h"

#include <filesystem>

using namespace moec;
using namespace moec::runtime;

static constexpr const char *planFileName = "plan.fb";
static constexpr uint64_t maxChecksumBytes = 16 << 20;

Expected<std::unique_ptr<Artifact>> Artifact::open(const std::string &path) {
  std::unique_ptr<Artifact> artifact(new Artifact());
  artifact->folder = path;
  while (artifact->folder.size() > 1 && artifact->folder.back() == '/')
    artifact->folder.pop_back();
  if (Error error = artifact->load())
    return error;
  return artifact;
}

Error Artifact::load() {
  std::string sumsPath = strCat(folder, "/", Checksums::fileName);
  Expected<std::string> sumsText = readFile(sumsPath, maxChecksumBytes);
  if (!sumsText)
    return sumsText.takeError().addContext(strCat("'", folder, "' is not a compiled model"));
  Expected<Checksums> sums = Checksums::parse(*sumsText);
  if (!sums)
    return sums.takeError().addContext(strCat("'", sumsPath, "'"));
  checksums = std::move(*sums);

  std::string planPath = strCat(folder, "/", planFileName);
  Expected<MappedFile> file = MappedFile::open(planPath);
  if (!file)
    return file.takeError();
  planFile = std::move(*file);
  if (Error error = checksums.check(planFileName, planFile.bytes()))
    return error.addContext(strCat("'", folder, "'"));
  Expected<const plan::Plan *> checked = checkPlan(planFile.bytes());
  if (!checked)
    return checked.takeError().addContext(strCat("'", planPath, "'"));
  root = *checked;

  for (const plan::CodeObject *object : *root->code_objects()) {
    Expected<MappedFile> code = MappedFile::open(strCat(folder, "/", object->file()->c_str()));
    if (!code)
      return code.takeError();
    if (Error error = checksums.check(object->file()->str(), code->bytes()))
      return error.addContext(strCat("'", folder, "'"));
    codeFiles.push_back(std::move(*code));
  }
  return openWeights();
}

Error Artifact::openWeights() {
  for (const plan::WeightFile *file : *root->weight_files()) {
    Expected<SafeTensors> opened = SafeTensors::open(strCat(folder, "/", file->file()->c_str()));
    if (!opened)
      return opened.takeError();
    weightFiles.push_back(std::move(*opened));
  }
  if (weightFiles.empty())
    return Error::success();
  for (const plan::Weight *weight : *root->weights()) {
    const SafeTensors &file = weightFiles[weight->file()];
    auto fail = [&](const auto &...parts) {
      return Error::make("'", file.path(), "': weight '", weight->name()->c_str(), "' ", parts...);
    };
    const TensorInfo *info = file.find(weight->tensor()->string_view());
    if (!info)
      return fail("is tensor '", weight->tensor()->c_str(), "', which the file does not have");
    uint64_t size = info->end - info->begin;
    if (weight->bytes() > size)
      return fail("has ", weight->bytes(), " bytes of a tensor of ", size);
    uint64_t position = file.dataOffset() + info->begin;
    if (position % MOEC_BUFFER_ALIGNMENT != 0)
      return fail("is at byte ", position, " of the file, not a multiple of ",
                  MOEC_BUFFER_ALIGNMENT);
    weightOffsets.push_back(info->begin);
  }
  return Error::success();
}

std::span<const std::byte> Artifact::weightFile(size_t index) const {
  return weightFiles[index].allData();
}

std::span<const std::byte> Artifact::weight(size_t index) const {
  const plan::Weight &weight = *root->weights()->Get(index);
  return weightFile(weight.file()).subspan(weightOffsets[index], weight.bytes());
}

std::string Artifact::tokenizerPath() const {
  std::string file = strCat(folder, "/tokenizer.json");
  std::error_code ec;
  return std::filesystem::exists(file, ec) ? file : std::string();
}

Error Artifact::verifyAll() const {
  for (const auto &[name, hash] : checksums.entries()) {
    if (Error error = checkRelativePath(name))
      return error.addContext(strCat("'", folder, "/", Checksums::fileName, "'"));
    Expected<MappedFile> file = MappedFile::open(strCat(folder, "/", name));
    if (!file)
      return file.takeError();
    if (Error error = checksums.check(name, file->bytes()))
      return error.addContext(strCat("'", folder, "'"));
  }
  for (const plan::WeightFile *file : *root->weight_files())
    if (!checksums.entries().count(file->file()->str()))
      return Error::make("'", folder, "': '", file->file()->c_str(), "' is not listed in ",
                         Checksums::fileName);
  return Error::success();
}
