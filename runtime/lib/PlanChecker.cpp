//===- PlanChecker.cpp - Structural checks of a plan ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The version, before anything else is read; then the tables that functions refer to.
//
//===----------------------------------------------------------------------===//

#include "PlanChecker.h"
#include "moec/Kernel.h"
#include "moec/runtime/Artifact.h"

#include <set>

using namespace moec;
using namespace moec::runtime;

/// Pools and functions that a plan may have.
static constexpr uint32_t maxPools = 64, maxFunctions = 64;

Error runtime::checkInRange(std::string_view field, uint64_t value, uint64_t low, uint64_t high) {
  if (value >= low && value <= high)
    return Error::success();
  return Error::make(field, " is ", value, ", not in ", low, " … ", high);
}

Error runtime::checkIndex(std::string_view field, uint64_t index, std::string_view table,
                          uint64_t size) {
  if (index < size)
    return Error::success();
  return Error::make(field, " is ", index, " but there are ", size, " ", table);
}

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

Error PlanChecker::check() const {
  for (Error (PlanChecker::*part)() const :
       {&PlanChecker::checkHeader, &PlanChecker::checkPools, &PlanChecker::checkStates,
        &PlanChecker::checkCode, &PlanChecker::checkWeights, &PlanChecker::checkFunctions})
    if (Error error = (this->*part)())
      return error;
  return Error::success();
}

Error PlanChecker::checkHeader() const {
  struct Field {
    const char *name;
    uint64_t value, low, high;
  };
  for (const Field &field :
       {Field{"vocab", plan.vocab(), 1, maxPlanCount},
        Field{"max_context", plan.max_context(), 1, maxPlanCount},
        Field{"max_tokens", plan.max_tokens(), 1, 1 << 24},
        Field{"max_sequences", plan.max_sequences(), 0, plan.max_tokens()},
        Field{"the number of pools", plan.pools()->size(), 0, maxPools},
        Field{"the number of functions", plan.functions()->size(), 0, maxFunctions}})
    if (Error error = checkInRange(field.name, field.value, field.low, field.high))
      return error;
  return Error::success();
}

Error PlanChecker::checkPools() const {
  for (uint32_t i = 0; i < plan.pools()->size(); ++i) {
    const plan::Pool &pool = *plan.pools()->Get(i);
    std::string where = strCat("pools[", i, "]");
    if (Error error = checkInRange("allocation", uint64_t(pool.allocation()), 0,
                                   uint64_t(plan::Allocation::MAX)))
      return error.addContext(where);
    bool hasPages = pool.allocation() != plan::Allocation::Slots;
    bool hasWindow = pool.allocation() == plan::Allocation::Window;
    where += strCat(" (", plan::EnumNameAllocation(pool.allocation()), ")");
    if (Error error = checkInRange("page_size", pool.page_size(), hasPages, hasPages ? 1 << 16 : 0))
      return error.addContext(where);
    if (Error error =
            checkInRange("window", pool.window(), hasWindow, hasWindow ? maxPlanCount : 0))
      return error.addContext(where);
  }
  return Error::success();
}

Error PlanChecker::checkStates() const {
  uint64_t bytes = 0;
  for (const plan::State *state : *plan.states()) {
    std::string where = strCat("state '", state->name()->c_str(), "'");
    if (Error error = checkIndex("pool", state->pool(), "pools", plan.pools()->size()))
      return error.addContext(where);
    if (Error error = checkInRange("bytes", state->bytes(), 1, maxPlanCount))
      return error.addContext(where);
    bytes += state->bytes();
  }
  // So that a page has at most 2^48 bytes and all 2^31 rows together less than 2^64.
  return checkInRange("bytes of all states", bytes, 0, uint64_t(1) << 32);
}

Error PlanChecker::checkCode() const {
  for (const plan::CodeObject *object : *plan.code_objects())
    if (Error error = checkRelativePath(object->file()->string_view()))
      return error.addContext("code_objects");
  std::set<std::string_view> names;
  for (const plan::Kernel *kernel : *plan.kernels()) {
    if (!names.insert(kernel->name()->string_view()).second)
      return Error::make("there are two kernels '", kernel->name()->c_str(), "'");
    std::string where = strCat("kernel '", kernel->name()->c_str(), "'");
    if (Error error = checkIndex("code_object", kernel->code_object(), "code objects",
                                 plan.code_objects()->size()))
      return error.addContext(where);
    if (Error error = checkInRange("scratch_bytes", kernel->scratch_bytes(), 0, uint64_t(1) << 32))
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
    if (Error error =
            checkIndex("file", weight->file(), "weight files", plan.weight_files()->size()))
      return error.addContext(where);
    if (Error error = checkInRange("bytes", weight->bytes(), 0, maxPlanBytes))
      return error.addContext(where);
  }
  return Error::success();
}

/// Reads the version, which is the first field in every version of the schema, without trusting
/// anything else: a plan of another version does not pass the verifier of this one.
static Error checkVersion(std::span<const std::byte> bytes) {
  const auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  flatbuffers::uoffset_t offset = verifier.VerifyOffset(size_t(0));
  const auto *table = reinterpret_cast<const flatbuffers::Table *>(data + offset);
  if (offset == 0 || !verifier.VerifyTableStart(data + offset) ||
      !table->VerifyField<uint32_t>(verifier, plan::Plan::VT_VERSION, sizeof(uint32_t)))
    return Error::make("is damaged: FlatBuffers' verifier finds no table in its ", bytes.size(),
                       " bytes");
  auto version = table->GetField<uint32_t>(plan::Plan::VT_VERSION, 0);
  if (version != uint32_t(plan::Version::Current))
    return Error::make("version is ", version, " but this runtime reads ",
                       uint32_t(plan::Version::Current), "; compile the model again");
  return Error::success();
}

Expected<const plan::Plan *> runtime::checkPlan(std::span<const std::byte> bytes) {
  const auto *data = reinterpret_cast<const uint8_t *>(bytes.data());
  if (bytes.size() < 8 || !plan::PlanBufferHasIdentifier(data))
    return Error::make("is not a plan: it does not begin with the identifier ",
                       plan::PlanIdentifier());
  if (Error error = checkVersion(bytes))
    return error;
  // A table and the offset to it have 8 bytes, so that more are the same ones over and over.
  flatbuffers::Verifier verifier(data, bytes.size(), /*max_depth=*/16, bytes.size() / 8);
  if (!plan::VerifyPlanBuffer(verifier))
    return Error::make("is damaged: FlatBuffers' verifier refuses its ", bytes.size(), " bytes");
  const plan::Plan *root = plan::GetPlan(data);
  if (root->kernel_abi() != MOEC_KERNEL_ABI_VERSION)
    return Error::make("kernel_abi is ", root->kernel_abi(), " but this runtime calls ",
                       MOEC_KERNEL_ABI_VERSION, "; compile the model again");
  if (Error error = PlanChecker(*root).check())
    return error;
  return root;
}
