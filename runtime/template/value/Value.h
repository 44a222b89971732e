//===- Value.h - What templates compute with --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Values are small and copied freely; what they point to lives in the arena of a rendering, in the
// template or in its input, and never changes but for namespaces and loops.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_VALUE_VALUE_H
#define MOEC_TEMPLATE_VALUE_VALUE_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moec::jinja {

/// Ends a rendering. It never leaves the library.
struct Failure {
  std::string message;
};

template <typename... Ts> [[noreturn]] void fail(const Ts &...parts) {
  throw Failure{strCat(parts...)};
}

enum class Kind : uint8_t {
  Missing, ///< of a variable that has no value yet
  Undefined,
  None,
  Bool,
  Int,
  BigInt,
  Float,
  String,
  List,
  Tuple,
  Range,
  Keys, ///< views of a mapping
  Values,
  Items,
  Iterator,
  Dict,
  Namespace,
  Loop,
  Macro,
  Function,
  Method,
  Cycler,
  Joiner,
};

struct Value;
struct DictData;
struct IteratorData;
struct NamespaceData;
struct LoopData;
struct MacroData;
struct MethodData;
struct CyclerData;
struct JoinerData;

/// An integer beyond 64 bits. One beyond 128 bits is only its digits.
struct BigIntData {
  __int128 value;
  std::string_view digits;
};

/// Of strings: that they are Markup, to which other texts are added escaped.
inline constexpr uint8_t markupFlag = 1;
/// Of tuples: that they are what groupby gives, whose parts have names.
inline constexpr uint8_t groupFlag = 1;
/// What an undefined value was, for the error where it is used: by default a variable.
enum : uint8_t { UndefinedName, UndefinedHint, UndefinedAttribute };

struct Value {
  Kind kind = Kind::Undefined;
  uint8_t flag = 0;
  /// Of undefined attributes.
  Kind owner = Kind::Undefined;
  /// Bytes of a string, elements of a sequence.
  uint32_t size = 0;
  union {
    bool boolean;
    int64_t integer;
    double real;
    const char *chars;
    const Value *items;
    const BigIntData *big;
    const DictData *dict;
    IteratorData *iterator;
    NamespaceData *space;
    LoopData *loop;
    const MacroData *macro;
    const MethodData *method;
    CyclerData *cycler;
    JoinerData *joiner;
    uint32_t id; ///< of a function
  };

  Value() : integer(0) {}
  static Value none() { return Value(Kind::None); }
  static Value missing() { return Value(Kind::Missing); }
  static Value of(bool value) {
    Value v(Kind::Bool);
    v.boolean = value;
    return v;
  }
  static Value of(int64_t value) {
    Value v(Kind::Int);
    v.integer = value;
    return v;
  }
  static Value of(double value) {
    Value v(Kind::Float);
    v.real = value;
    return v;
  }
  /// The text must live as long as the value.
  static Value of(std::string_view text, uint8_t flag = 0) {
    Value v(Kind::String);
    v.chars = text.data();
    v.size = static_cast<uint32_t>(text.size());
    v.flag = flag;
    return v;
  }
  static Value of(const char *) = delete;
  static Value sequence(Kind kind, std::span<const Value> items) {
    Value v(kind);
    v.items = items.data();
    v.size = static_cast<uint32_t>(items.size());
    return v;
  }
  static Value of(const DictData *dict) {
    Value v(Kind::Dict);
    v.dict = dict;
    return v;
  }
  static Value function(uint32_t id) {
    Value v(Kind::Function);
    v.id = id;
    return v;
  }
  static Value undefined(std::string_view name, uint8_t what = UndefinedName,
                         Kind owner = Kind::Undefined) {
    Value v = of(name);
    v.kind = Kind::Undefined;
    v.flag = what;
    v.owner = owner;
    return v;
  }

  std::string_view text() const { return {chars, size}; }
  std::span<const Value> list() const { return {items, size}; }
  bool isString() const { return kind == Kind::String; }
  bool isMarkup() const { return isString() && flag == markupFlag; }
  bool isUndefined() const { return kind == Kind::Undefined; }
  bool isNone() const { return kind == Kind::None; }
  bool isDict() const { return kind == Kind::Dict; }
  /// An integer or a bool, which is one.
  bool isIntegral() const {
    return kind == Kind::Int || kind == Kind::Bool || kind == Kind::BigInt;
  }
  bool isNumber() const { return isIntegral() || kind == Kind::Float; }
  /// Elements in one array, which can be indexed.
  bool isArray() const { return kind == Kind::List || kind == Kind::Tuple || kind == Kind::Range; }
  bool isView() const { return kind == Kind::Keys || kind == Kind::Values || kind == Kind::Items; }

private:
  explicit Value(Kind kind) : kind(kind), integer(0) {}
};
static_assert(sizeof(Value) == 16);

/// Memory that is given back all at once.
class Arena {
public:
  explicit Arena(uint64_t limit) : limit(limit) {}
  Arena(const Arena &) = delete;

  /// Fails where all that was taken exceeds the limit.
  void *take(size_t bytes);
  template <typename T> T *make(const T &value = T()) { return new (take(sizeof(T))) T(value); }
  std::span<Value> values(size_t count);
  char *chars(size_t bytes) { return static_cast<char *>(take(bytes)); }
  /// A copy of a text.
  std::string_view keep(std::string_view text);
  Value string(std::string_view text, uint8_t flag = 0) { return Value::of(keep(text), flag); }
  Value list(std::span<const Value> items, Kind kind = Kind::List);

  /// Has another arena, to which values here point, live as long as this one.
  void keepAlive(std::shared_ptr<const Arena> arena) { other = std::move(arena); }

private:
  std::shared_ptr<const Arena> other;
  std::vector<std::unique_ptr<char[]>> blocks;
  char *next = nullptr;
  size_t left = 0, blockSize = size_t(32) << 10;
  uint64_t total = 0, limit;
};

/// A mapping in the order in which keys came.
struct DictData {
  struct Entry {
    Value key, value;
    uint64_t hash;
  };
  Entry *entries = nullptr;
  uint32_t size = 0, capacity = 0;
  /// Of large ones: positions in `entries` plus 1 by hash, as many as a power of two.
  uint32_t *index = nullptr;
  uint32_t slots = 0;

  const Value *find(const Value &key) const;
  const Value *find(std::string_view key) const;
  /// Adds or replaces; fails on a key that has no hash.
  void set(Arena &arena, const Value &key, const Value &value);
  std::span<const Entry> all() const { return {entries, size}; }

private:
  const Entry *find(const Value &key, uint64_t hash) const;
  void grow(Arena &arena);
};

struct NamespaceData {
  DictData attributes;
};

/// What a filter gives that can be gone through once.
struct IteratorData {
  std::span<const Value> items;
  size_t next = 0;
  /// What happens behind the last of them: an error, unless empty.
  std::string_view failure;
  /// The name of Python's type.
  const char *type = "generator";
};

struct CyclerData {
  std::span<const Value> items;
  size_t position = 0;
};

struct JoinerData {
  std::string_view separator;
  bool isUsed = false;
};

/// What Python calls a value's type: "str", "NoneType".
const char *typeName(const Value &value);
const char *typeName(Kind kind);
/// The sentence that an undefined value deserves where it is used.
std::string describeUndefined(const Value &value);
/// Fails if the value is undefined.
void requireDefined(const Value &value);

bool isTrue(const Value &value);
/// Python's ==.
bool areEqual(const Value &a, const Value &b, unsigned depth = 0);
/// Python's < of two texts, numbers or sequences; fails on others. `symbol` is for the message.
bool isLess(const Value &a, const Value &b, const char *symbol = "<", unsigned depth = 0);
/// Whether `a` is in `container`, as Python's `in` says.
bool contains(const Value &container, const Value &a);
/// A hash that equal values share; fails on what has none.
uint64_t hashOf(const Value &value);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_VALUE_VALUE_H
