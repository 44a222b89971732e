//===- ChipTest.h - Tests of products of one chip ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_CPUCODEGEN_PRODUCTS_CHIPTEST_H
#define MOEC_UNITTESTS_CPUCODEGEN_PRODUCTS_CHIPTEST_H

#include "../Harness.h"
#include "../Weights.h"

#include "targets/cpu/codegen/Machine.h"

#include <gtest/gtest.h>

namespace moec::cpu::test {

/// Tests for `chip`, which has `isa`: where this processor lacks the vectors that such chips have
/// besides, they are skipped, with `lacking` behind "this processor lacks".
class ChipTest : public ::testing::Test {
protected:
  ChipTest(const std::string &chip, Isa isa, const char *lacking)
      : tested(chip), isa(isa), lacking(lacking) {}

  void SetUp() override {
    Expected<Machine> machine = Machine::get(tested);
    ASSERT_TRUE(bool(machine));
    if (!machine->has(isa))
      GTEST_SKIP() << "this processor lacks " << lacking;
  }

  Weight makeWeight(Weight::Format format, int64_t n, int64_t k) const {
    return Weight(format, n, k, /*packed=*/true, /*seed=*/3, /*matrices=*/1, tested);
  }

  static std::vector<float> run(Program &program, Weight &weight, std::vector<uint16_t> &x,
                                int64_t rows, unsigned ranges = 1) {
    std::vector<float> y(rows * weight.rows);
    program.run("product", weight.words(x, y, rows), ranges);
    return y;
  }

private:
  const std::string tested;
  const Isa isa;
  const char *const lacking;
};

} // namespace moec::cpu::test

#endif // MOEC_UNITTESTS_CPUCODEGEN_PRODUCTS_CHIPTEST_H
