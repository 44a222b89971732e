//===- StepMemory.cpp - Inputs and outputs on a device ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One loop over the arrays of functions, which asks the table about each.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StepMemory.h"

#include <algorithm>
#include <cassert>
#include <cstring>

using namespace moec;
using namespace moec::runtime;
using Filling = InputLayout::Filling;

Expected<uint64_t> runtime::rowsOf(const plan::Array &array, const StepDims &dims) {
  Expected<int64_t> rows = evaluate(*array.extent(), dims);
  if (!rows)
    return rows.takeError().addContext(strCat("array '", array.name()->string_view(), "'"));
  if (*rows < 0)
    return Error::make("array '", array.name()->string_view(), "' has ", *rows, " rows");
  return static_cast<uint64_t>(*rows);
}

/// The bytes of an array that was checked, in a step that the plan allows.
static uint64_t bytesOf(const plan::Array &array, const StepDims &dims) {
  Expected<uint64_t> rows = rowsOf(array, dims);
  return rows ? *rows * rowBytes(array) : 0;
}

static Filling fillingOf(StepInput input) {
  if (isGiven(input))
    return Filling::Given;
  return infoOf(input).rows == ArrayRows::TableEntries ? Filling::Table : Filling::Block;
}

static uint64_t aligned(uint64_t bytes) {
  return (bytes + MOEC_BUFFER_ALIGNMENT - 1) / MOEC_BUFFER_ALIGNMENT * MOEC_BUFFER_ALIGNMENT;
}

InputLayout::InputLayout(const plan::Plan &plan) {
  StepDims limits = stepLimits(plan);
  for (const plan::Function *function : *plan.functions()) {
    functions.emplace_back();
    for (const plan::Array *array : *function->inputs()) {
      auto input = StepInput(moec::findArray(stepInputs, array->name()->string_view()));
      Place place{input, array->pool(), fillingOf(input), bytesOf(*array, limits),
                  rowBytes(*array)};
      auto same = std::find_if(places.begin(), places.end(), [&](const Place &other) {
        return other.input == place.input && other.pool == place.pool &&
               other.rowBytes == place.rowBytes;
      });
      functions.back().push_back(size_t(same - places.begin()));
      if (same != places.end())
        continue;
      if (place.filling == Filling::Block)
        blockBytes += aligned(place.bytes);
      places.push_back(place);
    }
  }
}

uint64_t runtime::stepMemoryBytes(const plan::Plan &plan, uint64_t logitsRows) {
  InputLayout layout(plan);
  uint64_t bytes = layout.blockBytes;
  for (const InputLayout::Place &place : layout.places)
    if (place.filling == Filling::Given)
      bytes += place.bytes;
  StepDims dims = stepLimits(plan);
  uint64_t rows = logitsRows ? logitsRows : sequenceLimit(plan);
  dims[plan::Dim::LogitsRows] = int64_t(std::min<uint64_t>(rows, plan.max_tokens()));
  for (const plan::Function *function : *plan.functions())
    for (const plan::Array *array : *function->outputs())
      bytes += bytesOf(*array, dims);
  return bytes;
}

Error StepMemory::reserve(DeviceMemory &memory, uint64_t bytes) {
  if (memory.address() && memory.size() >= bytes)
    return Error::success();
  // What is on its way may still use the old memory.
  if (memory.address())
    if (Error error = stream.synchronize())
      return error;
  Expected<DeviceMemory> grown =
      DeviceMemory::allocate(device, std::max<uint64_t>({bytes, memory.size() * 2, 1}));
  if (!grown)
    return grown.takeError();
  memory = std::move(*grown);
  return Error::success();
}

Error StepMemory::allocate() {
  if (Error error = reserve(block, layout.blockBytes))
    return error.addContext("the inputs of a step");
  staging.assign(layout.blockBytes, std::byte());
  offsets.assign(layout.places.size(), 0);
  apart.resize(layout.places.size());
  for (size_t i = 0; i < apart.size(); ++i)
    if (layout.places[i].filling == Filling::Given)
      if (Error error = reserve(apart[i], layout.places[i].bytes))
        return error.addContext(strCat("input '", infoOf(layout.places[i].input).name, "'"));
  for (const plan::Function *function : *plan.functions())
    outs.emplace_back(function->outputs()->size());
  return Error::success();
}

Error StepMemory::upload(uint32_t function, const StepBatch &batch) {
  const plan::Function &callee = *plan.functions()->Get(function);
  // One behind the other, so that one copy has no more than the step needs. Steps of one shape have
  // them at the same addresses, which is what lets them be replayed.
  uint64_t used = 0;
  for (uint32_t i = 0; i < callee.inputs()->size(); ++i) {
    const plan::Array &array = *callee.inputs()->Get(i);
    const InputLayout::Place &place = placeOf(function, i);
    if (place.filling == Filling::Given)
      continue;
    if (place.pool >= int64_t(batch.pools.size()))
      return Error::make("input '", array.name()->string_view(), "' describes pool ", place.pool,
                         " but the batch has ", batch.pools.size());
    std::span<const std::byte> bytes =
        std::as_bytes(std::span(batch.values(place.input, place.pool)));
    Expected<uint64_t> rows = rowsOf(array, batch.dims);
    if (!rows)
      return rows.takeError();
    bool fits = place.filling == Filling::Table || bytes.size() <= place.bytes;
    if (bytes.size() != *rows * place.rowBytes || !fits)
      return Error::make("input '", array.name()->string_view(), "' has ",
                         bytes.size() / place.rowBytes, " rows in the batch but ", *rows,
                         " in the step, at most ", place.bytes / place.rowBytes);
    if (place.filling == Filling::Block) {
      offsets[layout.functions[function][i]] = used;
      std::copy(bytes.begin(), bytes.end(), staging.begin() + ptrdiff_t(used));
      used += aligned(bytes.size());
      continue;
    }
    DeviceMemory &table = apart[layout.functions[function][i]];
    if (Error error = reserve(table, bytes.size()))
      return error.addContext(strCat("input '", array.name()->string_view(), "'"));
    if (Error error = stream.copyToDevice(table.address(), bytes))
      return error;
  }
  return stream.copyToDevice(block.address(), std::span(staging).first(used));
}

Error StepMemory::reserveOutputs(uint32_t function, const StepDims &dims) {
  const plan::Function &callee = *plan.functions()->Get(function);
  for (uint32_t i = 0; i < callee.outputs()->size(); ++i) {
    const plan::Array &array = *callee.outputs()->Get(i);
    Expected<uint64_t> rows = rowsOf(array, dims);
    if (!rows)
      return rows.takeError();
    if (Error error = reserve(outs[function][i], std::max<uint64_t>(1, *rows) * rowBytes(array)))
      return error.addContext(strCat("output '", array.name()->string_view(), "'"));
  }
  return Error::success();
}

DeviceAddress StepMemory::input(uint32_t function, uint32_t index) const {
  size_t place = layout.functions[function][index];
  return layout.places[place].filling == Filling::Block ? block.address() + offsets[place]
                                                        : apart[place].address();
}

DeviceAddress StepMemory::output(uint32_t function, uint32_t index) const {
  return outs[function][index].address();
}

bool StepMemory::isGiven(uint32_t function, uint32_t index) const {
  return placeOf(function, index).filling == Filling::Given;
}
