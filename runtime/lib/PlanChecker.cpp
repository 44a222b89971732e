//===- PlanChecker.cpp - Structural checks of a plan ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A plan is not trusted: after FlatBuffers' own verifier every index, offset and size in it is
// compared with what it refers to.
//
//===----------------------------------------------------------------------===//

#include "moec/Kernel.h"
#include "moec/runtime/Artifact.h"
#include "moec/runtime/Formula.h"

#include <string_view>

using namespace moec;
using namespace moec::runtime;

namespace {
/// Limits on one number each, so that products of them can't overflow 64 bits.
constexpr uint64_t maxBytes = uint64_t(1) << 48;
constexpr uint32_t maxCount = 1u << 30;

/// Walks one plan. Each function returns the first thing that is wrong.
class PlanChecker {
public:
  explicit PlanChecker(const plan::Plan &plan) : plan(plan) {}

  Error check() {
    for (Error (PlanChecker::*part)() const :
         {&PlanChecker::checkHeader, &PlanChecker::checkCode, &PlanChecker::checkWeights,
          &PlanChecker::checkVariants})
      if (Error error = (this->*part)())
        return error;
    return Error::success();
  }

private:
  Error checkHeader() const;
  Error checkCode() const;
  Error checkWeights() const;
  Error checkVariants() const;
  Error checkVariant(const plan::Variant &variant, const std::string &where) const;
  Error checkLaunch(const plan::Variant &variant, const plan::Launch &launch) const;
  Error checkArg(const plan::Variant &variant, const plan::Arg &arg) const;

  const plan::Plan &plan;
};

/// Fails unless low <= value <= high.
Error inRange(std::string_view field, uint64_t value, uint64_t low, uint64_t high) {
  if (value >= low && value <= high)
    return Error::success();
  return Error::make(field, " is ", value, ", not in ", low, " … ", high);
}

/// Fails unless index < size.
Error indexed(std::string_view field, uint64_t index, std::string_view table, uint64_t size) {
  if (index < size)
    return Error::success();
  return Error::make(field, " is ", index, " but there are ", size, " ", table);
}
} // namespace

Error runtime::checkRelativePath(std::string_view path) {
  bool bad = path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos;
  for (size_t begin = 0; begin <= path.size() && !bad;) {
    size_t end = std::min(path.find('/', begin), path.size());
    std::string_view part = path.substr(begin, end - begin);
    bad = part.empty() || part == "." || part == "..";
    begin = end + 1;
  }
  return bad ? Error::make("'", path, "' is not a path below the artifact") : Error::success();
}

Error PlanChecker::checkHeader() const {
  struct Field {
    const char *name;
    uint64_t value, low, high;
  };
  for (const Field &field : {Field{"vocab", plan.vocab(), 1, maxCount},
                             Field{"max_context", plan.max_context(), 1, maxCount},
                             Field{"page_size", plan.page_size(), 1, 1 << 16},
                             Field{"max_tokens", plan.max_tokens(), 1, 1 << 24},
                             Field{"max_sequences", plan.max_sequences(), 0, plan.max_tokens()}})
    if (Error error = inRange(field.name, field.value, field.low, field.high))
      return error;
  uint64_t rowBytes = 0;
  for (const plan::Cache *cache : *plan.caches()) {
    if (Error error = inRange("row_bytes", cache->row_bytes(), 1, maxCount))
      return error.addContext(strCat("cache '", cache->name()->c_str(), "'"));
    rowBytes += cache->row_bytes();
  }
  // So that a page has at most 2^48 bytes and all pages together less than 2^63.
  return inRange("row_bytes of all caches", rowBytes, 0, uint64_t(1) << 32);
}

Error PlanChecker::checkCode() const {
  for (const plan::CodeObject *object : *plan.code_objects())
    if (Error error = checkRelativePath(object->file()->string_view()))
      return error.addContext("code_objects");
  for (const plan::Kernel *kernel : *plan.kernels()) {
    std::string where = strCat("kernel '", kernel->name()->c_str(), "'");
    if (Error error = indexed("code_object", kernel->code_object(), "code objects",
                              plan.code_objects()->size()))
      return error.addContext(where);
    if (Error error = inRange("scratch_bytes", kernel->scratch_bytes(), 0, uint64_t(1) << 32))
      return error.addContext(where);
    if (kernel->symbol()->size() == 0)
      return Error::make(where, ": symbol is empty");
  }
  return Error::success();
}

Error PlanChecker::checkWeights() const {
  for (const plan::WeightFile *file : *plan.weight_files())
    if (Error error = checkRelativePath(file->file()->string_view()))
      return error.addContext("weight_files");
  // A plan without any weight file was compiled without weights: it can be inspected, not run.
  if (plan.weight_files()->size() == 0)
    return Error::success();
  for (const plan::Weight *weight : *plan.weights()) {
    std::string where = strCat("weight '", weight->name()->c_str(), "'");
    if (Error error = indexed("file", weight->file(), "weight files", plan.weight_files()->size()))
      return error.addContext(where);
    if (Error error = inRange("offset", weight->offset(), 0, maxBytes))
      return error.addContext(where);
    if (Error error = inRange("bytes", weight->bytes(), 0, maxBytes))
      return error.addContext(where);
  }
  return Error::success();
}

Error PlanChecker::checkVariants() const {
  if (plan.variants()->size() == 0)
    return Error::make("variants is empty");
  uint64_t previous = 0;
  for (size_t i = 0; i < plan.variants()->size(); ++i) {
    const plan::Variant &variant = *plan.variants()->Get(i);
    std::string where = strCat("variants[", i, "]");
    if (variant.max_tokens() <= previous)
      return Error::make(where, ": max_tokens is ", variant.max_tokens(), ", not more than the ",
                         previous, " before");
    previous = variant.max_tokens();
    if (Error error = checkVariant(variant, where))
      return error;
  }
  if (previous != plan.max_tokens())
    return Error::make("max_tokens is ", plan.max_tokens(), " but the last variant has ", previous);
  return Error::success();
}

Error PlanChecker::checkVariant(const plan::Variant &variant, const std::string &where) const {
  if (Error error = inRange("arena_bytes", variant.arena_bytes(), 0, maxBytes))
    return error.addContext(where);
  for (const plan::Buffer *buffer : *variant.buffers()) {
    if (buffer->offset() % MOEC_BUFFER_ALIGNMENT != 0)
      return Error::make(where, ": buffer '", buffer->name()->c_str(), "' has offset ",
                         buffer->offset(), ", not a multiple of ", MOEC_BUFFER_ALIGNMENT);
    if (buffer->offset() > variant.arena_bytes() ||
        buffer->bytes() > variant.arena_bytes() - buffer->offset())
      return Error::make(where, ": buffer '", buffer->name()->c_str(), "' has ", buffer->bytes(),
                         " bytes at ", buffer->offset(), " of an arena of ", variant.arena_bytes());
  }
  for (size_t i = 0; i < variant.launches()->size(); ++i)
    if (Error error = checkLaunch(variant, *variant.launches()->Get(i)))
      return error.addContext(strCat(where, ".launches[", i, "]"));
  return Error::success();
}

Error PlanChecker::checkLaunch(const plan::Variant &variant, const plan::Launch &launch) const {
  if (Error error = indexed("kernel", launch.kernel(), "kernels", plan.kernels()->size()))
    return error;
  const plan::Kernel &kernel = *plan.kernels()->Get(launch.kernel());
  if (launch.args()->size() != kernel.arguments())
    return Error::make("args has ", launch.args()->size(), " words but kernel '",
                       kernel.name()->c_str(), "' takes ", kernel.arguments());
  for (const plan::Formula *formula : {launch.grid_x(), launch.grid_y(), launch.grid_z()})
    if (formula)
      if (Error error = checkFormula(*formula))
        return error.addContext("grid");
  for (size_t i = 0; i < launch.args()->size(); ++i)
    if (Error error = checkArg(variant, *launch.args()->Get(i)))
      return error.addContext(strCat("args[", i, "]"));
  return Error::success();
}

Error PlanChecker::checkArg(const plan::Variant &variant, const plan::Arg &arg) const {
  switch (arg.kind()) {
  case plan::ArgKind::Buffer:
    return indexed("index", arg.index(), "buffers", variant.buffers()->size());
  case plan::ArgKind::Weight:
    return indexed("index", arg.index(), "weights", plan.weights()->size());
  case plan::ArgKind::Cache:
    return indexed("index", arg.index(), "caches", plan.caches()->size());
  case plan::ArgKind::Step:
    return indexed("index", arg.index(), "step arrays", uint64_t(plan::StepArray::MAX) + 1);
  case plan::ArgKind::Scalar:
    return arg.formula() ? checkFormula(*arg.formula()) : Error::make("a scalar has no formula");
  }
  return Error::make("kind is ", int(arg.kind()), " but there are ", int(plan::ArgKind::MAX) + 1,
                     " kinds");
}

Expected<const plan::Plan *> runtime::checkPlan(std::span<const std::byte> bytes) {
  const auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  if (bytes.size() < 8 || !plan::PlanBufferHasIdentifier(data))
    return Error::make("is not a plan: it does not begin with the identifier ",
                       plan::PlanIdentifier());
  // A table and the offset to it have 8 bytes, so that more are the same ones over and over.
  flatbuffers::Verifier verifier(data, bytes.size(), /*max_depth=*/16, bytes.size() / 8);
  if (!plan::VerifyPlanBuffer(verifier))
    return Error::make("is damaged: FlatBuffers' verifier refuses its ", bytes.size(), " bytes");
  const plan::Plan *root = plan::GetPlan(data);
  if (root->version() != plan::Version::Current)
    return Error::make("version is ", uint32_t(root->version()), " but this runtime reads ",
                       uint32_t(plan::Version::Current), "; compile the model again");
  if (root->kernel_abi() != MOEC_KERNEL_ABI_VERSION)
    return Error::make("kernel_abi is ", root->kernel_abi(), " but this runtime calls ",
                       MOEC_KERNEL_ABI_VERSION, "; compile the model again");
  if (Error error = PlanChecker(*root).check())
    return error;
  return root;
}
