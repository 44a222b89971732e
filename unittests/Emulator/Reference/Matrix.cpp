//===- Matrix.cpp - Matrix operations ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Products by the definition, over the layouts of Matrix.h.
//
//===----------------------------------------------------------------------===//

#include "Matrix.h"

#include "Conversion.h"
#include "Machine.h"

#include <cmath>
#include <cstdio>

namespace moec::gfx950::test::reference {

const char *const kScaledTypes[5] = {"fp8", "bf8", "fp6", "bf6", "fp4"};

ElementType elementType(const std::string &name) {
  if (name == "i8")
    return {8, nullptr};
  Format f = formatOf(name);
  return {f.bits, f.semantics};
}

double ElementType::value(uint32_t code) const {
  return semantics ? toDouble(number({semantics, bits}, code)) : double(int8_t(code));
}

MatrixShape::MatrixShape(const std::string &mnemonic, unsigned cbsz, unsigned blgp) {
  scaled = mnemonic.find("_scale_") != std::string::npos;
  f8f6f4 = mnemonic.ends_with("f8f6f4");
  sparse = mnemonic.starts_with("v_smfmac_");
  integer = mnemonic.find("_i32_") != std::string::npos;
  size_t at = mnemonic.find(integer ? "_i32_" : "_f32_") + 5;
  unsigned again = 0;
  std::sscanf(mnemonic.c_str() + at, "%ux%ux%u", &size, &again, &k);
  std::string rest = mnemonic.substr(mnemonic.find('_', at) + 1);
  if (size_t b = rest.find("b_"); std::isdigit(rest[0]) && b != std::string::npos) {
    blocks = unsigned(std::stoi(rest));
    rest = rest.substr(b + 2);
  }
  size_t split = rest.find('_');
  a = rest.substr(0, split);
  this->b = split == std::string::npos ? a : rest.substr(split + 1);
  if (f8f6f4)
    a = kScaledTypes[cbsz], this->b = kScaledTypes[blgp];
}

Place MatrixShape::place(const std::string &type, unsigned block, unsigned row, unsigned at) const {
  if (blocks > 1)
    return {block * size + row, at};
  if (sparse || (f8f6f4 && type[2] == '8')) {
    unsigned half = k / 2;
    return {at % half / 16 * size + row, at / half * 16 + at % 16};
  }
  unsigned run = elements();
  return {at / run * size + row, at % run};
}

Place MatrixShape::storedPlace(unsigned row, unsigned quad, unsigned which) const {
  unsigned at = 2 * quad + which, run = elements() / 2;
  return {at / run * size + row, at % run};
}

std::pair<unsigned, unsigned> MatrixShape::resultPlace(unsigned block, unsigned row,
                                                       unsigned column) const {
  switch (size) {
  case 4:
    return {row, block * 4 + column};
  case 16:
    return {block * 4 + row % 4, row / 4 * 16 + column};
  default: // 32: rows in groups of four alternate between the halves of the wave.
    return {block * 16 + row / 8 * 4 + row % 4, (row / 4 % 2) * 32 + column};
  }
}

namespace {

/// An operand's elements as numbers, by row and K.
struct Factor {
  std::vector<double> values;
  explicit Factor(std::vector<double> values) : values(std::move(values)) {}
  Factor(Machine &m, const MatrixShape &s, const std::string &type, const Operand &o) {
    ElementType t = elementType(type);
    for (unsigned block = 0; block < s.blocks; ++block)
      for (unsigned row = 0; row < s.size; ++row)
        for (unsigned k = 0; k < s.k; ++k) {
          Place p = s.place(type, block, row, k);
          uint32_t words[9] = {};
          for (unsigned r = 0; r < o.count; ++r)
            words[r] = m.vector(o, r, p.lane);
          values.push_back(t.value(getBits(words, p.element * t.bits, t.bits)));
        }
  }
};

/// A sparse A as the whole matrix that it stands for.
std::vector<double> expanded(Machine &m, const MatrixShape &s, const Text &t) {
  std::vector<double> values(s.size * s.k);
  ElementType type = elementType(s.a);
  for (unsigned row = 0; row < s.size; ++row)
    for (unsigned quad = 0; quad < s.k / 4; ++quad)
      for (unsigned which = 0; which < 2; ++which) {
        Place p = s.storedPlace(row, quad, which);
        uint32_t word = m.vector(t.operands[1], p.element / 4, p.lane);
        uint32_t index = m.vector(t.operands[3], 0, p.lane) >> (2 * p.element) & 3;
        values[row * s.k + 4 * quad + index] += type.value(word >> (8 * (p.element % 4)) & 255);
      }
  return values;
}

/// 2^(byte − 127) of the scale of each row and block of 32.
double scaleOf(Machine &m, const Text &t, const MatrixShape &s, unsigned operand, unsigned row,
               unsigned k) {
  unsigned sel = unsigned(t.value("op_sel", operand) + 2 * t.value("op_sel_hi", operand, 0));
  unsigned lane = k / 32 * s.size + row;
  unsigned byte = m.vector(t.operands[4 + operand], 0, lane) >> (8 * sel) & 255;
  return byte == 255 ? std::nan("") : std::ldexp(1.0, int(byte) - 127);
}

} // namespace

bool Machine::executeMatrix(const Text &t) {
  if (!t.mnemonic.starts_with("v_mfma_") && !t.mnemonic.starts_with("v_smfmac_"))
    return false;
  MatrixShape s(t.mnemonic, unsigned(t.value("cbsz")), unsigned(t.value("blgp")));
  Factor b(*this, s, s.b, t.operands[2]);
  Factor a = s.sparse ? Factor(expanded(*this, s, t)) : Factor(*this, s, s.a, t.operands[1]);
  const Operand &d = t.operands[0], &c = s.sparse ? d : t.operands[3];
  Image next = state;
  for (unsigned block = 0; block < s.blocks; ++block)
    for (unsigned i = 0; i < s.size; ++i)
      for (unsigned j = 0; j < s.size; ++j) {
        auto [reg, lane] = s.resultPlace(block, i, j);
        uint32_t old = c.isVector() ? vector(c, reg, lane) : uint32_t(c.constant('u'));
        double sum = s.integer ? int32_t(old) : toDouble(number(formatOf('f'), old)),
               bound = std::fabs(sum);
        for (unsigned k = 0; k < s.k; ++k) {
          double product =
              a.values[(block * s.size + i) * s.k + k] * b.values[(block * s.size + j) * s.k + k];
          if (s.scaled)
            product *= scaleOf(*this, t, s, 0, i, k) * scaleOf(*this, t, s, 1, j, k);
          sum += product, bound += std::fabs(product);
        }
        next.vector[row(d) + reg][lane] =
            s.integer ? uint32_t(int64_t(sum))
                      : uint32_t(bitsOf(converted(APFloat(sum), formatOf('f'))));
        if (!s.integer)
          magnitude[{row(d) + reg, lane}] = bound;
      }
  state = next;
  if (!s.integer)
    for (unsigned r = 0; r < s.results(); ++r)
      loose[row(d) + r] = {'f', 0};
  return true;
}

} // namespace moec::gfx950::test::reference
