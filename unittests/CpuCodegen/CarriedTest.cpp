//===- CarriedTest.cpp - Tiles that loops carry, executed -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A carried tile whose next value is made of the same points is updated in place, and a sum over
// its rows stores it on the way. Neither may show in a result.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

using namespace moec::cpu::test;

namespace {

class CarriedTest : public ::testing::TestWithParam<std::string> {};

/// `text` with numbers of rows in place of `$R` and of columns in place of `$C`.
std::string fill(std::string text, int rows, int columns) {
  for (auto [name, value] : {std::pair("$R", rows), std::pair("$C", columns)})
    for (size_t at; (at = text.find(name)) != std::string::npos;)
      text.replace(at, 2, std::to_string(value));
  return text;
}

/// A state of `$R` rows by `$C` columns decays by one number a token, is corrected by an outer
/// product, and is asked for a sum over its rows: the step form of the gated delta rule.
constexpr const char *recurrence = R"(
tile.kernel @k(%s: !tile.ref<$Rx$Cxf32>, %d: !tile.ref<?x1xf32>, %k: !tile.ref<?x$Rxf32>,
               %v: !tile.ref<?x$Cxf32>, %o: !tile.ref<?x$Cxf32>, %n: index, %live: index)
    grid(%bx = affine_map<(n, m) -> (1)>, %by = affine_map<(n, m) -> (1)>,
         %bz = affine_map<(n, m) -> (1)>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %cols = arith.constant $C : index
  %start = tile.load %s[%c0, %c0] bounds(%live, %cols) : !tile.ref<$Rx$Cxf32> -> tensor<$Rx$Cxf32>
  %end = scf.for %t = %c0 to %n step %c1 iter_args(%state = %start) -> (tensor<$Rx$Cxf32>) {
    %key = tile.load %k[%t, %c0] : !tile.ref<?x$Rxf32> -> tensor<1x$Rxf32>
    %column = tile.reshape %key : tensor<1x$Rxf32> -> tensor<$Rx1xf32>
    %keys = tile.broadcast %column : tensor<$Rx1xf32> -> tensor<$Rx$Cxf32>
    %decay = tile.load %d[%t, %c0] : !tile.ref<?x1xf32> -> tensor<1x1xf32>
    %decays = tile.broadcast %decay : tensor<1x1xf32> -> tensor<$Rx$Cxf32>
    %stays = arith.mulf %state, %decays : tensor<$Rx$Cxf32>
    %asked = arith.mulf %stays, %keys : tensor<$Rx$Cxf32>
    %known = tile.reduce add %asked dim = 0 : tensor<$Rx$Cxf32> -> tensor<1x$Cxf32>
    %value = tile.load %v[%t, %c0] : !tile.ref<?x$Cxf32> -> tensor<1x$Cxf32>
    %delta = arith.subf %value, %known : tensor<1x$Cxf32>
    %deltas = tile.broadcast %delta : tensor<1x$Cxf32> -> tensor<$Rx$Cxf32>
    %change = arith.mulf %keys, %deltas : tensor<$Rx$Cxf32>
    %next = arith.addf %stays, %change : tensor<$Rx$Cxf32>
    %again = arith.mulf %next, %keys : tensor<$Rx$Cxf32>
    %sum = tile.reduce add %again dim = 0 : tensor<$Rx$Cxf32> -> tensor<1x$Cxf32>
    tile.store %sum, %o[%t, %c0] : tensor<1x$Cxf32>, !tile.ref<?x$Cxf32>
    %some = arith.cmpi ne, %t, %c1 : index
    scf.if %some {
      tile.store %next, %s[%c0, %c0] : tensor<$Rx$Cxf32>, !tile.ref<$Rx$Cxf32>
    }
    scf.yield %next : tensor<$Rx$Cxf32>
  }
  tile.return
})";

// Columns that are one register, several, and none of either; a start whose last rows are zeros.
TEST_P(CarriedTest, Recurrence) {
  constexpr int rows = 24, tokens = 3;
  for (int columns : {4, 24, 32, 64, 96, 100}) {
    Program program(fill(recurrence, rows, columns), GetParam());
    for (int live : {rows, 5, 0}) {
      std::vector<float> state = makeRandom(rows * columns, 1), decay = makeRandom(tokens, 2),
                         key = makeRandom(tokens * rows, 3),
                         value = makeRandom(tokens * columns, 4), out(tokens * columns),
                         expected = state;
      std::fill(expected.begin() + live * columns, expected.end(), 0.0f);
      std::vector<float> sums;
      for (int t = 0; t != tokens; ++t)
        for (int j = 0; j != columns; ++j) {
          float known = 0, sum = 0;
          for (int i = 0; i != rows; ++i)
            known += expected[i * columns + j] * decay[t] * key[t * rows + i];
          for (int i = 0; i != rows; ++i) {
            float &number = expected[i * columns + j];
            number = number * decay[t] + key[t * rows + i] * (value[t * columns + j] - known);
            sum += number * key[t * rows + i];
          }
          sums.push_back(sum);
        }
      program.run("k", {state, decay, key, value, out, tokens, live});
      ASSERT_EQ(out, sums) << columns << " columns, " << live << " rows";
      ASSERT_EQ(state, expected) << columns << " columns, " << live << " rows";
    }
  }
}

// The state is in scratch once, whatever is computed of it.
TEST_P(CarriedTest, TakesOnePlace) {
  Program program(fill(recurrence, 64, 64), GetParam());
  EXPECT_LT(program.getScratchBytes("k"), 2u * 64 * 64 * sizeof(float));
}

/// Runs a loop of three iterations that carries tiles of 8 by 64 numbers, `body` being its inside
/// and what follows; it starts with %x0 and %y0 and stores in %a and %b.
void run(const std::string &chip, const std::string &body, std::vector<float> &x,
         std::vector<float> &y, std::vector<float> &a, std::vector<float> &b) {
  std::string text = R"(
tile.kernel @k(%x: !tile.ref<$Rx$Cxf32>, %y: !tile.ref<$Rx$Cxf32>, %a: !tile.ref<$Rx$Cxf32>,
               %b: !tile.ref<$Rx$Cxf32>) )" +
                     std::string(oneBlock) + R"( {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %two = arith.constant dense<2.0> : tensor<$Rx$Cxf32>
  %xs = tile.load %x[%c0, %c0] : !tile.ref<$Rx$Cxf32> -> tensor<$Rx$Cxf32>
  %ys = tile.load %y[%c0, %c0] : !tile.ref<$Rx$Cxf32> -> tensor<$Rx$Cxf32>
  %x0 = math.exp %xs : tensor<$Rx$Cxf32>
  %y0 = math.exp %ys : tensor<$Rx$Cxf32>
  %p, %q = scf.for %i = %c0 to %c3 step %c1 iter_args(%r = %x0, %s = %y0)
      -> (tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>) {)" +
                     body + R"(
  tile.store %p, %a[%c0, %c0] : tensor<$Rx$Cxf32>, !tile.ref<$Rx$Cxf32>
  tile.store %q, %b[%c0, %c0] : tensor<$Rx$Cxf32>, !tile.ref<$Rx$Cxf32>
  tile.return
})";
  Program program(fill(text, 8, 64), chip);
  program.run("k", {x, y, a, b});
}

/// Compares with what `step` makes of the two tiles, three times.
using Step = std::function<void(std::vector<float> &r, std::vector<float> &s)>;
void check(const std::string &chip, const std::string &body, const Step &step) {
  constexpr size_t count = 8 * 64;
  std::vector<float> x = makeRandom(count, 5), y = makeRandom(count, 6), a(count), b(count);
  run(chip, "\n    scf.yield %r, %s : tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>\n  }", x, y, a, b);
  std::vector<float> r = a, s = b;
  for (int i = 0; i != 3; ++i)
    step(r, s);
  run(chip, body, x, y, a, b);
  ASSERT_EQ(a, r);
  ASSERT_EQ(b, s);
}

// One tile's next value is made of the other's next one, which may have taken the place of the old.
TEST_P(CarriedTest, NextOfNext) {
  check(GetParam(), R"(
    %n = arith.mulf %r, %two : tensor<$Rx$Cxf32>
    %m = arith.addf %s, %n : tensor<$Rx$Cxf32>
    scf.yield %n, %m : tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>
  })",
        [](auto &r, auto &s) {
          for (size_t i = 0; i != r.size(); ++i) {
            r[i] *= 2;
            s[i] += r[i];
          }
        });
}

// The old value is read behind the new one.
TEST_P(CarriedTest, OldBehindNew) {
  check(GetParam(), R"(
    %n = arith.mulf %r, %two : tensor<$Rx$Cxf32>
    %o = arith.subf %r, %two : tensor<$Rx$Cxf32>
    %m = arith.addf %s, %o : tensor<$Rx$Cxf32>
    scf.yield %n, %m : tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>
  })",
        [](auto &r, auto &s) {
          for (size_t i = 0; i != r.size(); ++i) {
            s[i] += r[i] - 2;
            r[i] *= 2;
          }
        });
}

// What the loop starts with is read inside of it, too.
TEST_P(CarriedTest, StartIsReadInside) {
  check(GetParam(), R"(
    %n = arith.addf %r, %x0 : tensor<$Rx$Cxf32>
    %m = arith.subf %s, %n : tensor<$Rx$Cxf32>
    scf.yield %n, %m : tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>
  })",
        [start = std::vector<float>()](auto &r, auto &s) mutable {
          if (start.empty())
            start = r;
          for (size_t i = 0; i != r.size(); ++i) {
            r[i] += start[i];
            s[i] -= r[i];
          }
        });
}

// The new value is made of the old one's first row, and of sums over it and the new one.
TEST_P(CarriedTest, OtherPoints) {
  check(GetParam(), R"(
    %row = tile.slice %r[0, 0] : tensor<$Rx$Cxf32> -> tensor<1x$Cxf32>
    %rows = tile.broadcast %row : tensor<1x$Cxf32> -> tensor<$Rx$Cxf32>
    %n = arith.addf %r, %rows : tensor<$Rx$Cxf32>
    %half = arith.divf %n, %two : tensor<$Rx$Cxf32>
    %sum = tile.reduce add %half dim = 0 : tensor<$Rx$Cxf32> -> tensor<1x$Cxf32>
    %sums = tile.broadcast %sum : tensor<1x$Cxf32> -> tensor<$Rx$Cxf32>
    %m = arith.addf %s, %sums : tensor<$Rx$Cxf32>
    scf.yield %n, %m : tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>
  })",
        [](auto &r, auto &s) {
          for (size_t j = 0; j != 64; ++j) {
            float first = r[j], sum = 0;
            for (size_t i = 0; i != 8; ++i) {
              r[i * 64 + j] += first;
              sum += r[i * 64 + j] / 2;
            }
            for (size_t i = 0; i != 8; ++i)
              s[i * 64 + j] += sum;
          }
        });
}

// A reduction that sees a tile at its own points and, through a slice, at others.
TEST_P(CarriedTest, ReducedAtOtherPoints) {
  check(GetParam(), R"(
    %e = arith.mulf %r, %two : tensor<$Rx$Cxf32>
    %f = arith.addf %e, %s : tensor<$Rx$Cxf32>
    %n = arith.divf %f, %two : tensor<$Rx$Cxf32>
    %some = arith.cmpi ne, %i, %c1 : index
    %row = tile.slice %n[7, 0] : tensor<$Rx$Cxf32> -> tensor<1x$Cxf32>
    %rows = tile.broadcast %row : tensor<1x$Cxf32> -> tensor<$Rx$Cxf32>
    %t = arith.subf %n, %rows : tensor<$Rx$Cxf32>
    %sum = tile.reduce add %t dim = 0 : tensor<$Rx$Cxf32> -> tensor<1x$Cxf32>
    %sums = tile.broadcast %sum : tensor<1x$Cxf32> -> tensor<$Rx$Cxf32>
    %m = scf.if %some -> (tensor<$Rx$Cxf32>) {
      %u = arith.addf %n, %sums : tensor<$Rx$Cxf32>
      scf.yield %u : tensor<$Rx$Cxf32>
    } else {
      scf.yield %s : tensor<$Rx$Cxf32>
    }
    scf.yield %n, %m : tensor<$Rx$Cxf32>, tensor<$Rx$Cxf32>
  })",
        [number = 0](auto &r, auto &s) mutable {
          bool some = number++ != 1;
          for (size_t j = 0; j != 64; ++j) {
            float sum = 0;
            for (size_t i = 0; i != 8; ++i)
              r[i * 64 + j] = (r[i * 64 + j] * 2 + s[i * 64 + j]) / 2;
            for (size_t i = 0; i != 8; ++i)
              sum += r[i * 64 + j] - r[7 * 64 + j];
            for (size_t i = 0; some && i != 8; ++i)
              s[i * 64 + j] = r[i * 64 + j] + sum;
          }
        });
}

INSTANTIATE_TEST_SUITE_P(Chips, CarriedTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
