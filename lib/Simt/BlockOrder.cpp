//===- BlockOrder.cpp - Which block a place of the grid computes ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Numbers run along the first axis. As many bands as there are caches are a whole number of turns,
// so within them a number's rest is its cache, and its quotient the place in that cache's band.
//
//===----------------------------------------------------------------------===//

#include "moec/Simt/BlockOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

std::array<Value, 2> simt::emitBlockOrder(ImplicitLocOpBuilder &b, std::array<Value, 2> place,
                                          std::array<Value, 2> extents, const BlockBands &bands) {
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
  };
  auto add = [&](Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); };
  auto mul = [&](Value x, Value y) { return b.createOrFold<arith::MulIOp>(x, y); };
  auto div = [&](Value x, Value y) { return b.createOrFold<arith::DivUIOp>(x, y); };
  auto rem = [&](Value x, Value y) { return b.createOrFold<arith::RemUIOp>(x, y); };

  // Rows of a round of bands, and the first row of the round that this place is in.
  Value round = number(bands.caches * bands.height), caches = number(bands.caches);
  Value first = mul(div(place[1], round), round);
  Value inRound = add(mul(b.createOrFold<arith::SubIOp>(place[1], first), extents[0]), place[0]);
  Value cache = rem(inRound, caches), inBand = div(inRound, caches);
  Value height = number(bands.height);
  // Rows of a band change fastest: a column is read once for all of them.
  Value row = add(first, add(mul(cache, height), rem(inBand, height)));
  Value column = div(inBand, height);
  Value isWhole =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ule, add(first, round), extents[1]);
  auto choose = [&](Value there, Value here) {
    return b.createOrFold<arith::SelectOp>(isWhole, there, here);
  };
  return {choose(column, place[0]), choose(row, place[1])};
}
