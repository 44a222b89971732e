//===- Functions.cpp - Functions of templates -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Print.h"

#include <ctime>

using namespace moec;
using namespace moec::jinja;

static Value raiseException(Interpreter &vm, const Value &, const CallArguments &arguments) {
  Parameters given("raise_exception", arguments, {"message"}, 1);
  throw Raised{std::string(vm.textOf(*given[0]))};
}

static Value strftimeNow(Interpreter &vm, const Value &, const CallArguments &arguments) {
  Parameters given("strftime_now", arguments, {"format"}, 1);
  auto sinceEpoch = vm.timeNow().time_since_epoch();
  auto seconds = std::chrono::floor<std::chrono::seconds>(sinceEpoch);
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(sinceEpoch - seconds);
  std::time_t time = seconds.count();
  std::tm local{};
  localtime_r(&time, &local);
  std::string format;
  std::string_view wanted = given.text(0);
  if (wanted.size() > 4096)
    fail("a format of ", wanted.size(), " bytes is too long for a time");
  // Python's own: microseconds. The C library has the others.
  for (size_t i = 0; i < wanted.size(); ++i) {
    bool isDirective = wanted[i] == '%' && i + 1 < wanted.size();
    if (isDirective && wanted[i + 1] == 'f') {
      std::string digits = std::to_string(micros.count());
      format.append(6 - digits.size(), '0').append(digits);
      ++i;
      continue;
    }
    format += wanted[i];
    if (isDirective)
      format += wanted[++i];
  }
  // Something is always written, so that nothing is not too little room.
  format += ' ';
  std::string text(format.size() * 16 + 256, '\0');
  text.resize(std::strftime(text.data(), text.size(), format.c_str(), &local));
  if (text.empty())
    fail("a time cannot be written as '", wanted, "'");
  text.pop_back();
  return vm.string(text);
}

static Value rangeFunction(Interpreter &vm, const Value &, const CallArguments &arguments) {
  static constexpr __int128 most = 100'000;
  Parameters given("range", arguments, {"start", "stop", "step"}, 1);
  for (size_t i = 0; i < 3; ++i)
    if (given[i] && !given[i]->isIntegral()) {
      requireDefined(*given[i]);
      fail("'", typeName(*given[i]), "' object cannot be interpreted as an integer");
    }
  int64_t begin = given[1] ? given.integer(0, 0) : 0;
  int64_t end = given[1] ? given.integer(1, 0) : given.integer(0, 0), step = given.integer(2, 1);
  if (step == 0)
    fail("range() arg 3 must not be zero");
  __int128 distance = __int128(end) - begin;
  __int128 count = step > 0 ? (distance + step - 1) / step : (distance + step + 1) / step;
  count = (distance > 0) == (step > 0) && distance != 0 ? count : 0;
  if (count > most)
    fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  vm.charge(static_cast<size_t>(count) * sizeof(Value));
  std::span<Value> all = vm.memory().values(static_cast<size_t>(count) + 3);
  all[0] = Value::of(begin);
  all[1] = Value::of(end);
  all[2] = Value::of(step);
  for (size_t i = 3; i < all.size(); ++i)
    all[i] = Value::of(begin + static_cast<int64_t>(i - 3) * step);
  return Value::sequence(Kind::Range, all.subspan(3));
}

/// What dict() and namespace() begin with: a mapping or pairs, then names.
static DictData makeDict(Interpreter &vm, const CallArguments &arguments) {
  DictData dict;
  if (arguments.positional.size() > 1)
    fail("dict expected at most 1 argument, got ", arguments.positional.size());
  if (!arguments.positional.empty()) {
    const Value &from = arguments.positional[0];
    requireDefined(from);
    if (from.isDict()) {
      for (const DictData::Entry &entry : from.dict->all())
        dict.set(vm.memory(), entry.key, entry.value);
    } else {
      for (const Value &pair : vm.elementsOf(from)) {
        std::span<const Value> parts = vm.elementsOf(pair);
        if (parts.size() != 2)
          fail("dictionary update sequence element has length ", parts.size(), "; 2 is required");
        dict.set(vm.memory(), parts[0], parts[1]);
      }
    }
    vm.charge(size_t(dict.size) * 64);
  }
  for (const NamedValue &named : arguments.named)
    dict.set(vm.memory(), vm.string(named.name), named.value);
  return dict;
}

static Value dictFunction(Interpreter &vm, const Value &, const CallArguments &arguments) {
  return Value::of(vm.memory().make<DictData>(makeDict(vm, arguments)));
}

static Value namespaceFunction(Interpreter &vm, const Value &, const CallArguments &arguments) {
  Value space = Value::none();
  space.kind = Kind::Namespace;
  space.space = vm.memory().make<NamespaceData>({makeDict(vm, arguments)});
  return space;
}

static Value cyclerFunction(Interpreter &vm, const Value &, const CallArguments &arguments) {
  if (arguments.positional.empty() || !arguments.named.empty())
    fail("at least one item has to be provided");
  Value cycler = Value::none();
  cycler.kind = Kind::Cycler;
  cycler.cycler = vm.memory().make<CyclerData>({vm.memory().list(arguments.positional).list()});
  return cycler;
}

static Value joinerFunction(Interpreter &vm, const Value &, const CallArguments &arguments) {
  Parameters given("joiner", arguments, {"sep"});
  Value joiner = Value::none();
  joiner.kind = Kind::Joiner;
  joiner.joiner = vm.memory().make<JoinerData>({given.text(0, ", ")});
  return joiner;
}

static Value lipsumFunction(Interpreter &, const Value &, const CallArguments &) {
  fail("the function 'lipsum' is not supported");
}

std::span<const LibraryEntry> jinja::globalFunctions() {
  static constexpr LibraryEntry table[] = {{"raise_exception", raiseException},
                                           {"strftime_now", strftimeNow},
                                           {"namespace", namespaceFunction},
                                           {"range", rangeFunction},
                                           {"dict", dictFunction},
                                           {"cycler", cyclerFunction},
                                           {"joiner", joinerFunction},
                                           {"lipsum", lipsumFunction}};
  return table;
}
