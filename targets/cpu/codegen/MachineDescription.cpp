//===- MachineDescription.cpp - What was measured of a chip ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Which products tell what a chip can do, and the file that keeps it:
//
//   {"version": 1, "target": "cpu", "chip": "x86-64-v4,+avx512vnni", "bytes_per_second": 3.4e10,
//    "multiply_adds_per_second": {"vpdpbusd.zmm/nibbles": 8.1e11, …}}
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/CpuTarget.h"

#include "moec/Support/File.h"
#include "moec/Support/Json.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

static constexpr int64_t currentVersion = 1;
static constexpr uint64_t maxBytes = 1 << 20;
static constexpr const char *memory = "memory";

//===----------------------------------------------------------------------===//
// Probes
//===----------------------------------------------------------------------===//

/// Formats with the codes of each row of the table.
static constexpr std::pair<CodeType, const char *> formats[] = {{CodeType::E2M1, "mxfp4"},
                                                                {CodeType::E2M3, "mxfp6"},
                                                                {CodeType::E4M3, "mxfp8"},
                                                                {CodeType::Int8, "int8"}};

/// Elements of rows or of a weight in such a format, in blocks of 32.
static Type makeElement(MLIRContext *context, StringRef format) {
  BlockFormat blocks = fitted(findFormat(format)->format, /*rows=*/1, /*columns=*/32);
  return mx::BlockType::get(context, blocks);
}

std::vector<MachineProbe> CpuTarget::probes(MLIRContext *context) const {
  Type f32 = Float32Type::get(context), bf16 = BFloat16Type::get(context);
  // One row, as when decoding, times 512 MiB: more than caches hold.
  std::vector<MachineProbe> probes = {{memory, f32, bf16, 1, 16384, 16384, true}};
  for (const ProductAtom &atom : getProductAtoms()) {
    std::optional<CodeType> codes;
    Type weight = bf16, rows = f32;
    for (auto [type, format] : formats)
      if (atom.weights >> unsigned(type) & 1) {
        codes = type;
        weight = makeElement(context, format);
        break;
      }
    Rows kind = atom.rows & unsigned(Rows::Numbers)      ? Rows::Numbers
                : atom.rows & unsigned(Rows::Bf16)       ? Rows::Bf16
                : atom.rows & unsigned(Rows::WideCodes)  ? Rows::WideCodes
                : atom.rows & unsigned(Rows::ShortCodes) ? Rows::ShortCodes
                                                         : Rows::GroupCodes;
    if (kind == Rows::Bf16)
      rows = bf16;
    else if (kind == Rows::GroupCodes)
      rows = makeElement(context, "int8_256");
    else if (kind != Rows::Numbers)
      rows = makeElement(context, kind == Rows::WideCodes ? "int8" : "mxfp4");
    if (kind == Rows::GroupCodes && codes == CodeType::Int8)
      weight = rows;
    // A weight that stays in the second-level caches by a prompt's rows, or by as many as the atom
    // takes where there is another one for more.
    bool paired = atom.weights == ProductAtom::byPairs;
    int64_t tokens = atom.body == Body::Pairs ? 8 : 256;
    // bf16 lies in pairs where a machine has products of them, but for K that is no whole steps.
    int64_t k = atom.weights == ProductAtom::byK ? 1024 + pairStep / 2 : 1024;
    if (findAtom(machine, {kind, codes, paired, tokens}) == &atom)
      probes.push_back({atom.getName(), rows, weight, tokens, 1024, k, false});
  }
  return probes;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

std::string CpuTarget::describe(const std::map<std::string, double> &rates) const {
  nlohmann::ordered_json products = nlohmann::ordered_json::object();
  nlohmann::ordered_json text = {
      {"version", currentVersion}, {"target", name()}, {"chip", machine.getText()}};
  for (const auto &[name, rate] : rates)
    if (name == memory)
      text["bytes_per_second"] = rate;
    else
      products[name] = rate;
  text["multiply_adds_per_second"] = std::move(products);
  return text.dump(1) + "\n";
}

/// A rate of the file into `out`.
static Error takeRate(const nlohmann::json &value, const std::string &name, double &out) {
  if (!value.is_number() || !(value.get<double>() > 0))
    return Error::make("'", name, "' is ", value.dump(), ", not a positive number");
  out = value.get<double>();
  return Error::success();
}

/// What the file says beside the chip.
static Error takeFields(const nlohmann::json &json, Machine &machine) {
  for (const auto &[key, value] : json.items()) {
    if (key == "version" || key == "target" || key == "chip")
      continue;
    if (key == "bytes_per_second") {
      if (Error error = takeRate(value, key, machine.bytesPerSecond))
        return error;
      continue;
    }
    if (key != "multiply_adds_per_second" || !value.is_object())
      return Error::make("has an unknown '", key, "'");
    for (const auto &[atom, rate] : value.items()) {
      if (llvm::none_of(getProductAtoms(),
                        [&](const ProductAtom &known) { return known.getName() == atom; }))
        return Error::make("has a rate of '", atom, "', by which no product is made; run ",
                           "tune --machine again");
      if (Error error = takeRate(rate, atom, machine.multiplyAddsPerSecond[atom]))
        return error;
    }
  }
  return Error::success();
}

Expected<Machine> Machine::readDescription(const std::string &path) {
  std::string file = strCat("'", path, "'");
  Expected<std::string> text = readFile(path, maxBytes);
  if (!text)
    return text.takeError();
  Expected<nlohmann::json> json = parseJson(*text);
  if (!json)
    return json.takeError().addContext(file);
  auto isText = [&](const char *key) { return json->contains(key) && (*json)[key].is_string(); };
  if (!json->is_object() || !json->contains("version") || !isText("target") || !isText("chip"))
    return Error::make(file, ": is no description of a machine; moec tune --machine writes one");
  if ((*json)["version"] != currentVersion)
    return Error::make(file, ": is a description of version ", (*json)["version"].dump(),
                       ", this moec reads ", currentVersion);
  if ((*json)["target"] != "cpu")
    return Error::make(file, ": describes a ", (*json)["target"].get<std::string>(),
                       ", and the model is compiled for cpu");
  std::string chip = (*json)["chip"];
  if (StringRef(chip).ends_with(".json"))
    return Error::make(file, ": 'chip' is '", chip, "', another description");
  Expected<Machine> machine = get(chip);
  if (!machine)
    return machine.takeError().addContext(file);
  if (Error error = takeFields(*json, *machine))
    return error.addContext(file);
  machine->description = path;
  return machine;
}
