//===- Quantization.h - What a quantization_config says ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The common form of what every tool writes: which modules it quantised, in which number format,
// and what the tensors of a module are called. A method is one row of the table and one file.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_QUANTIZATION_H
#define MOEC_LIB_CHECKPOINT_QUANTIZATION_H

#include "Patterns/NamePattern.h"
#include "Section.h"

#include "moec/Checkpoint/StoredTensors.h"
#include "moec/Formats/BlockFormat.h"

#include <memory>
#include <span>

namespace moec::checkpoint {

/// How sentences about what is not read end.
inline constexpr std::string_view wayOut =
    "take a checkpoint that is not quantised, and compile it with --quantize";

/// What a stored tensor is to its module. Asides are about activations and caches.
enum class Part : uint8_t { Codes, Scales, Global, Zeros, Shape, Order, Aside };

/// How codes lie, of a matrix of N rows and K columns, and its zero points with them. A word has 32
/// bits, the first code is the lowest. Integers in words have half of their range added.
enum class Packing : uint8_t {
  Rows,   ///< Row by row without gaps.
  Blocks, ///< The same, a block a dimension: [N, K / block, bytes of a block].
  Words,  ///< Words along K, [N, words]; zeros along N, [words, groups].
  Gptq,   ///< Words along K, [words, N]; scales [groups, N]; zeros along N, [groups, words].
  Awq     ///< Words along N, [K, words], columns 0 2 4 6 1 3 5 7 of eight; zeros likewise.
};

/// A number format, and how a tool stores it.
struct Scheme {
  CodeType code = CodeType::E4M3;
  /// 0: the matrix's own extent.
  int64_t blockRows = 1, blockColumns = 0;
  bool hasGlobal = false, hasZero = false;
  /// What scales have to be; absent: f32, bf16 or f16, and of codes that are floats a power of two.
  std::optional<ScaleType> scale = std::nullopt;
  Packing packing = Packing::Rows;
  /// Whether scales may be powers of two where `scale` is absent.
  bool takesPowers = true;
  /// The part of the name of codes, where the method has several.
  std::string_view codes = {};
  /// Zero points are stored although there are none: all are the middle of the range.
  bool hasMiddleZeros = false;
  /// Whether columns were quantised in another order, which has to be stored.
  bool isReordered = false;
  /// A zero point is that much more than what is stored.
  int zeroBias = 0;
  /// The keys of the configuration that say so.
  std::string words = {};

  bool operator==(const Scheme &) const = default;
  /// Whether the same is stored in the same way.
  bool isLike(const Scheme &other) const;
};

/// What the configuration says of the modules that a pattern names.
struct Rule {
  NamePattern pattern;
  /// The key that the pattern is from: `exclude`.
  std::string key;
  /// Index of the scheme; absent: not quantised.
  std::optional<size_t> scheme;
  /// Of the rules that name a module, those of the least rank count.
  unsigned rank = 0;
  /// Whether a module that it names has to be quantised, and any, if one of the same last name is.
  /// Lists of other tools leave out what was not quantised.
  bool demands = false;
};

struct Quantization;
struct Method;

/// A part of the names of stored tensors behind that of their module.
struct Suffix {
  std::string_view text;
  Part part;
};

/// A value of quant_method.
struct Method {
  std::string_view name;
  std::span<const Suffix> suffixes;
  /// Whether numbers are divided by a global scale.
  bool globalDivides = false;
  /// Whether two rules of one rank may not differ; else the first counts.
  bool isStrict = false;
  /// The file that has the configuration of older versions, without the method's name.
  std::string_view olderFile = {};
  /// What a module's tensor is called in the unquantised model.
  std::string_view plainSuffix = ".weight";
  /// Adds schemes and rules. `modelOpt` is what hf_quant_config.json has, if there is one.
  void (*read)(const Section &config, const Section *modelOpt, Quantization &into) = nullptr;
};

/// A tensor that only other methods than the one at hand have beside a weight.
struct ForeignSuffix {
  std::string_view text, plainSuffix;
  /// The methods, `awq, gptq`; empty where none that is read has it.
  std::string methods;
};

/// The foreign suffix of a tensor's name, if it has one; all are foreign to no method.
std::optional<ForeignSuffix> findForeign(const Method *method, std::string_view name);

/// The suffix of a tensor's name that the method has.
const Suffix *findSuffix(const Method &method, std::string_view name);

struct Quantization {
  const Method *method = nullptr;
  std::vector<Scheme> schemes;
  /// By rank.
  std::vector<Rule> rules;
  /// Whether what no rule names is not quantised.
  bool namesAll = false;

  size_t add(Scheme scheme);
  /// Adds a rule for an entry of `section`.key.
  void addRule(const Section &section, const std::string &key, Syntax syntax,
               const std::string &entry, Rule rule);
  /// Adds the entries of a list of modules that are not quantised.
  void exclude(const Section &section, const std::string &key, Syntax syntax);
  /// The rule for a module; null where none names it. Fails where two contradict each other.
  Expected<const Rule *> find(std::string_view module) const;
};

/// Reads quantization_config of config.json and `quantization` of hf_quant_config.json, the texts
/// of the two files in `folder`, either of which may be empty; where neither has any, the older
/// file; null where that is empty, too.
Expected<std::unique_ptr<Quantization>> readQuantization(const std::string &folder,
                                                         std::string_view config,
                                                         std::string_view modelOpt,
                                                         const NamedText &older);

extern const Method quark, compressedTensors, modelOpt, modelOptFp4, fp8, mxfp8, mxfp4, awq, gptq;

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_QUANTIZATION_H
