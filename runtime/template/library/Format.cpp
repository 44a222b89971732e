//===- Format.cpp - Python's formatting of texts ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/library/FormatSpec.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Print.h"
#include "runtime/template/value/Text.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>

using namespace moec;
using namespace moec::jinja;

namespace {
/// The fields of `format % values`, one after the other.
class PercentFormat {
public:
  PercentFormat(Interpreter &vm, std::string_view format, const Value &values)
      : vm(vm), format(format), values(values) {
    if (values.kind == Kind::Tuple)
      rest = values.list();
    else if (!values.isDict())
      rest = {&values, 1};
  }

  Value run() {
    while (at < format.size()) {
      size_t percent = std::min(format.find('%', at), format.size());
      out += format.substr(at, percent - at);
      at = percent + 1;
      if (percent < format.size())
        addField();
    }
    // Python takes a list for what could be a mapping, of which not all is needed.
    if (!rest.empty() && values.kind != Kind::List && values.kind != Kind::Range)
      fail("not all arguments converted during string formatting");
    return vm.string(out);
  }

private:
  char peek() const {
    if (at >= format.size())
      fail("incomplete format");
    return format[at];
  }
  Value next() {
    if (rest.empty())
      fail("not enough arguments for format string");
    Value value = rest.front();
    rest = rest.subspan(1);
    return value;
  }
  int64_t takeWidth() {
    if (peek() == '*') {
      ++at;
      return std::clamp<int64_t>(toIndex(next(), "a width"), -10'000, 10'000);
    }
    int number = 0;
    auto [end, ec] = std::from_chars(format.data() + at, format.data() + format.size(), number);
    at = static_cast<size_t>(end - format.data());
    if (number > 10'000)
      fail("a format's width must be at most 10000");
    return number;
  }
  void addField();
  void addValue(const Value &value, FormatSpec spec, char type);

  Interpreter &vm;
  std::string_view format;
  const Value &values;
  std::span<const Value> rest;
  std::string out;
  size_t at = 0;
};
} // namespace

void PercentFormat::addField() {
  std::optional<Value> named;
  if (peek() == '(') {
    size_t end = format.find(')', at);
    if (end == format.npos)
      fail("incomplete format key");
    if (!values.isDict())
      fail("format requires a mapping");
    std::string_view key = format.substr(at + 1, end - at - 1);
    const Value *found = values.dict->find(key);
    if (!found)
      fail("the format's key '", key, "' is not in the mapping");
    named = *found;
    at = end + 1;
  }
  FormatSpec spec;
  bool isLeft = false, isZero = false;
  for (; std::string_view("-+ #0").find(peek()) != std::string_view::npos; ++at) {
    char flag = format[at];
    isLeft |= flag == '-';
    isZero |= flag == '0';
    spec.isAlternate |= flag == '#';
    if (flag == '+' || (flag == ' ' && spec.sign != '+'))
      spec.sign = flag;
  }
  spec.width = takeWidth();
  isLeft |= spec.width < 0;
  spec.width = std::abs(spec.width);
  if (peek() == '.') {
    ++at;
    spec.precision = static_cast<int>(std::clamp<int64_t>(takeWidth(), 0, 400));
  }
  while (peek() == 'l' || peek() == 'h' || peek() == 'L')
    ++at;
  char type = format[at++];
  if (type == '%') {
    out += '%';
    return;
  }
  spec.align = isLeft ? '<' : '>';
  if (isZero && !isLeft && std::string_view("sracu%").find(type) == std::string_view::npos) {
    spec.align = '=';
    spec.fill = "0";
  }
  addValue(named ? *named : next(), spec, type);
}

void PercentFormat::addValue(const Value &value, FormatSpec spec, char type) {
  Value shown = value;
  if (type == 's' || type == 'r' || type == 'a') {
    if (type == 'a')
      fail("the format '%a' is not supported");
    std::string text;
    if (type == 's')
      appendText(text, value);
    else
      appendRepr(text, value);
    shown = vm.string(text);
    spec.sign = '-';
    spec.isAlternate = false;
  } else if (type == 'c') {
    bool isCharacter = value.isString() && countChars(value.text()) == 1;
    std::string text(value.isString() ? value.text() : "");
    if (value.kind == Kind::Int && value.integer >= 0 && value.integer < 0xD800)
      tokenizer::appendUtf8(text, static_cast<char32_t>(value.integer));
    else if (!isCharacter)
      fail("%c requires int or char");
    shown = vm.string(text);
    spec.precision.reset();
  } else if (std::string_view("diuoxX").find(type) != std::string_view::npos) {
    requireDefined(value);
    bool isDecimal = type == 'd' || type == 'i' || type == 'u';
    if (value.kind == Kind::Float && isDecimal && std::isfinite(value.real))
      shown = makeInteger(vm.memory(), static_cast<__int128>(value.real));
    if (!shown.isIntegral())
      fail("%", type, " format: a real number is required, not ", typeName(value));
    if (spec.precision)
      fail("an integer's format with a precision is not supported");
    spec.type = isDecimal ? 'd' : type;
  } else if (std::string_view("eEfFgG").find(type) != std::string_view::npos) {
    requireDefined(value);
    if (!value.isNumber())
      fail("must be real number, not ", typeName(value));
    spec.type = type;
  } else {
    fail("unsupported format character '", type, "'");
  }
  appendFormatted(out, shown, spec);
  vm.charge(out.size() / 16);
}

Value jinja::formatPercent(Interpreter &interpreter, std::string_view format, const Value &values) {
  return PercentFormat(interpreter, format, values).run();
}

namespace {
/// The replacement fields of `format.format(…)`.
class BraceFormat {
public:
  BraceFormat(Interpreter &vm, std::string_view format, const CallArguments &arguments)
      : vm(vm), format(format), arguments(arguments) {}

  std::string run() {
    std::string out;
    for (size_t at = 0; at < format.size();) {
      char c = format[at++];
      if (c != '{' && c != '}') {
        out += c;
        continue;
      }
      if (at < format.size() && format[at] == c) {
        out += c;
        ++at;
        continue;
      }
      if (c == '}')
        fail("Single '}' encountered in format string");
      size_t end = format.find('}', at);
      std::string_view field = format.substr(at, end == format.npos ? 0 : end - at);
      if (end == format.npos)
        fail("expected '}' before end of string");
      if (field.find('{') != field.npos)
        fail("a format within a format is not supported");
      addField(out, field);
      at = end + 1;
    }
    return out;
  }

private:
  void addField(std::string &out, std::string_view field) {
    size_t colon = std::min(field.find(':'), field.size());
    std::string_view name = field.substr(0, colon);
    std::string_view spec = field.substr(std::min(colon + 1, field.size()));
    char conversion = 0;
    if (size_t mark = name.find('!'); mark != name.npos) {
      conversion = mark + 2 == name.size() ? name[mark + 1] : '?';
      name = name.substr(0, mark);
    }
    Value value = find(name);
    if (conversion == 'r')
      value = vm.string(reprOf(value));
    else if (conversion == 's')
      value = Value::of(vm.textOf(value));
    else if (conversion)
      fail("a conversion of that kind is not supported in a format");
    appendFormatted(out, value, FormatSpec::parse(spec));
    vm.charge(out.size() / 16);
  }

  Value find(std::string_view name) {
    size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = argument(name.substr(0, end));
    for (name.remove_prefix(end); !name.empty(); name.remove_prefix(end)) {
      bool isAttribute = name[0] == '.';
      end = isAttribute ? std::min(name.find_first_of(".[", 1), name.size()) : name.find(']');
      if (end == name.npos)
        fail("Missing ']' in format string");
      std::string_view part = name.substr(1, end - 1);
      end += !isAttribute;
      std::optional<Value> index = isAttribute ? std::nullopt : parseInteger(vm.memory(), part);
      value = isAttribute ? vm.attribute(value, part)
                          : vm.item(value, index ? *index : Value::of(part));
    }
    return value;
  }

  Value argument(std::string_view name) {
    size_t index = counter;
    bool isNumber = !name.empty() && name[0] >= '0' && name[0] <= '9';
    if (isNumber)
      std::from_chars(name.data(), name.data() + name.size(), index);
    else if (name.empty())
      ++counter;
    if (name.empty() || isNumber) {
      if (index >= arguments.positional.size())
        fail("Replacement index ", index, " out of range for positional args tuple");
      return arguments.positional[index];
    }
    for (const NamedValue &named : arguments.named)
      if (named.name == name)
        return named.value;
    fail("the format's name '", name, "' is not among the arguments");
  }

  Interpreter &vm;
  std::string_view format;
  const CallArguments &arguments;
  size_t counter = 0;
};
} // namespace

Value jinja::formatBraces(Interpreter &interpreter, const Value &format,
                          const CallArguments &arguments) {
  if (format.isMarkup())
    fail("a format that is marked safe is not supported");
  return interpreter.string(BraceFormat(interpreter, format.text(), arguments).run());
}
