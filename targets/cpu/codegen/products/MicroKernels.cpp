//===- MicroKernels.cpp - Products of f32 rows and panels -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/MicroKernels.h"
#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

LLVM::LLVMFuncOp MicroKernels::declare(StringRef name, ArrayRef<Type> arguments) {
  CodeBuilder b(module.getLoc(), module.getContext());
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), arguments);
  auto function = LLVM::LLVMFuncOp::create(b, name, type, LLVM::Linkage::Internal);
  // One copy for all kernels of the module: a register block is a few kilobytes of straight code,
  // and its call costs nothing beside the thousands of multiply-adds that it makes.
  function.setNoInline(true);
  function.addEntryBlock(b);
  for (auto [number, argument] : llvm::enumerate(arguments))
    // Operands and accumulator never overlap, so loads for the next columns need not wait for the
    // stores of these.
    if (isa<LLVM::LLVMPointerType>(argument))
      function.setArgAttr(number, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
  return function;
}

StringRef moec::cpu::getName(PanelFormat format) {
  switch (format) {
  case PanelFormat::F32:
    return "f32";
  case PanelFormat::BF16:
    return "bf16";
  case PanelFormat::FP4:
    return "fp4";
  case PanelFormat::Int8:
    return "int8";
  case PanelFormat::Int4:
    return "int4";
  }
  llvm_unreachable("unknown panel format");
}

int64_t moec::cpu::getScaleBytes(PanelFormat format) {
  return format == PanelFormat::FP4 ? 1 : format == PanelFormat::Int4 ? 2 : 4;
}

Value moec::cpu::loadScales(CodeBuilder &b, PanelFormat format, Value pointer, unsigned lanes) {
  if (format == PanelFormat::Int8)
    return b.load(b.vec(b.getF32Type(), lanes), pointer);
  if (format == PanelFormat::Int4)
    return extendBf16(b, b.load(b.vec(b.getI16Type(), lanes), pointer));
  Value codes = b.load(b.vec(b.getI8Type(), lanes), pointer);
  return decodeE8m0(b, b.zext(codes, b.vec(b.getI32Type(), lanes)));
}

namespace {

/// Reads one panel, a group of k at a time.
///
/// A panel is `panelRows` rows of the weight (columns of the product) side by side: what all of
/// them have for one k, or for one group of k whose codes fill a 32-bit word, is contiguous. So one
/// load gives a vector of columns whatever the format, and a stream through a panel never turns
/// back.
class PanelReader {
public:
  /// Reads `vectors` vectors of the panel's rows.
  PanelReader(CodeBuilder &b, const Machine &machine, PanelFormat format, unsigned vectors)
      : b(b), machine(machine), format(format), lanes(machine.getLanes()), vectors(vectors) {}

  /// Bytes of one row in what a load covers.
  int64_t getRowBytes() const { return format == PanelFormat::BF16 ? 2 : 4; }
  /// k that one load of the panel covers.
  unsigned getGroup() const { return hasNibbles(format) ? 8 : format == PanelFormat::Int8 ? 4 : 1; }

  /// The scales of a block of 32 k, as f32 vectors.
  SmallVector<Value> readScales(Value scales, Value block) {
    SmallVector<Value> result;
    int64_t bytes = getScaleBytes(format);
    Value row = b.offset(scales, b.getI8Type(), b.mul(block, bytes * panelRows));
    for (unsigned v = 0; v != vectors; ++v)
      result.push_back(loadScales(b, format, b.offset(row, bytes * v * lanes), lanes));
    return result;
  }

  /// The numbers of each k of the group at `pointer`, multiplied by `scales` if there are any.
  SmallVector<SmallVector<Value>> readGroup(Value pointer, ArrayRef<Value> scales) {
    SmallVector<SmallVector<Value>> numbers(getGroup());
    VectorType f32 = b.vec(b.getF32Type(), lanes), i32 = b.vec(b.getI32Type(), lanes);
    for (unsigned v = 0; v != vectors; ++v) {
      if (format == PanelFormat::F32) {
        numbers[0].push_back(b.load(f32, b.offset(pointer, 4 * v * lanes)));
      } else if (format == PanelFormat::BF16) {
        Value bits = b.load(b.vec(b.getI16Type(), lanes), b.offset(pointer, 2 * v * lanes));
        numbers[0].push_back(extendBf16(b, bits));
      } else {
        // Codes of k, k + 1, … lie in the word from the low end up. Shifted to the top and
        // arithmetically back down, an integer code gets its sign; E2M1 is looked up by the low
        // nibble, so what is left above it does not matter.
        Value words = b.load(i32, b.offset(pointer, 4 * v * lanes));
        for (unsigned j = 0; j != getGroup(); ++j) {
          unsigned bits = 32 / getGroup();
          Value number = format == PanelFormat::FP4
                             ? decodeE2m1(b, machine, b.shr(words, 4 * j))
                             : arith::SIToFPOp::create(
                                   b, f32, b.sar(b.shl(words, 32 - bits * (j + 1)), 32 - bits));
          // Scaling every number, not the sum of a block, keeps the result that of the dequantised
          // weight.
          numbers[j].push_back(b.fmul(number, scales[v]));
        }
      }
    }
    return numbers;
  }

private:
  CodeBuilder &b;
  const Machine &machine;
  PanelFormat format;
  unsigned lanes, vectors;
};

} // namespace

namespace {

/// The body of a product: `rows` rows of f32 times one panel, a few vectors of its rows at a time.
///
/// The accumulators of the block, `rows` x `vectors`, stay in registers for all of K. Each k takes
/// `vectors` loads of the panel and `rows` broadcasts of the left operand for rows · vectors
/// multiply-adds, so a higher block needs fewer loads for each. How high and wide it may be says
/// Machine::getBlockRows and getBlockVectors. Where it is narrower than the panel, the panel is
/// read again for the next columns, from a cache by then.
///
/// Each element of the result is one chain of fused multiply-adds from k = 0 up. Blocks of other
/// heights and widths have other elements in flight, not another order of their sums, so rows may
/// be covered by any blocks.
class Product {
public:
  Product(CodeBuilder &b, const Machine &machine, PanelFormat format, unsigned rows,
          int64_t aStride, Value a, Value cStride)
      : b(b), format(format), rows(rows), lanes(machine.getLanes()),
        vectors(machine.getBlockVectors(rows, panelRows)), aStride(aStride), a(a), cStride(cStride),
        reader(b, machine, format, vectors) {}

  unsigned getColumns() const { return vectors * lanes; }

  /// Adds to `c` what the columns at `panel` and `scales` make of `depth` k.
  void emit(Value panel, Value scales, Value c, Value bStep, Value depth) {
    SmallVector<Value> sums;
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        sums.push_back(b.load(b.vec(b.getF32Type(), lanes), getPlace(c, r, v)));
    sums = isScaled(format) ? addBlocks(sums, panel, scales, depth)
                            : addNumbers(sums, panel, bStep, depth);
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        b.store(sums[r * vectors + v], getPlace(c, r, v));
  }

  int64_t getRowBytes() const { return reader.getRowBytes(); }

private:
  /// Element (row, vector · lanes) of the block, 4 bytes each; rows are cStride bytes apart.
  Value getPlace(Value c, unsigned row, unsigned vector) {
    return b.offset(b.offset(c, b.getI8Type(), b.mul(cStride, row)), 4 * vector * lanes);
  }

  /// Adds column `k` of the left operand from `aColumn` on, times the numbers of one k.
  void accumulate(SmallVectorImpl<Value> &sums, ArrayRef<Value> numbers, Value aColumn, int64_t k) {
    for (unsigned r = 0; r != rows; ++r) {
      Value left = b.load(b.getF32Type(), b.offset(aColumn, 4 * (r * aStride + k)));
      Value wide = b.splat(left, lanes);
      for (unsigned v = 0; v != vectors; ++v)
        sums[r * vectors + v] = b.fma(wide, numbers[v], sums[r * vectors + v]);
    }
  }

  /// A panel of floats, four k at a time and then one.
  SmallVector<Value> addNumbers(SmallVector<Value> sums, Value panel, Value bStep, Value depth) {
    auto steps = [&](Value from, Value to, int64_t unroll) {
      sums = b.loop(from, to, unroll, sums, [&](Value k, ValueRange carried) {
        SmallVector<Value> next(carried);
        Value aColumn = b.offset(a, b.getF32Type(), k);
        Value row = b.offset(panel, b.getI8Type(), b.mul(k, bStep));
        // One row uses each byte of the panel once and waits for memory; the processor looks ahead
        // within a page of 4 kB only. With more rows there is enough to compute while the next
        // lines arrive, and F32 panels are mostly in scratch.
        if (rows == 1 && format == PanelFormat::BF16)
          b.prefetchStream(row, unroll * panelRows * reader.getRowBytes());
        for (int64_t u = 0; u != unroll; ++u) {
          accumulate(next, reader.readGroup(row, {})[0], aColumn, u);
          row = b.offset(row, b.getI8Type(), bStep);
        }
        return next;
      });
    };
    // `depth` is a value: K ends at a bound that only the launch knows.
    Value whole = b.mul(b.div(depth, 4), 4);
    steps(b.index(0), whole, 4);
    steps(whole, depth, 1);
    return sums;
  }

  /// A panel of codes, a block of 32 k at a time.
  SmallVector<Value> addBlocks(ArrayRef<Value> sums, Value panel, Value scales, Value depth) {
    unsigned group = reader.getGroup(), groups = 32 / group;
    return b.loop(b.index(0), b.div(depth, 32), 1, sums, [&](Value block, ValueRange carried) {
      // Scales are made into f32 once for a block and stay in registers, `vectors` of them; the
      // inner loop is over groups, 4 bytes of each of the panel's rows.
      SmallVector<Value> blockScales = reader.readScales(scales, block);
      return b.loop(b.index(0), b.index(groups), 1, carried, [&](Value g, ValueRange carried) {
        SmallVector<Value> next(carried);
        Value place = b.add(b.mul(block, groups), g);
        Value row = b.offset(panel, b.getI8Type(), b.mul(place, 4 * panelRows));
        if (rows == 1)
          b.prefetchStream(row, 4 * panelRows);
        Value aColumn = b.offset(a, b.getF32Type(), b.mul(place, group));
        for (auto [k, numbers] : llvm::enumerate(reader.readGroup(row, blockScales)))
          accumulate(next, numbers, aColumn, k);
        return next;
      });
    });
  }

  CodeBuilder &b;
  PanelFormat format;
  unsigned rows, lanes, vectors;
  int64_t aStride;
  Value a, cStride;
  PanelReader reader;
};

} // namespace

LLVM::LLVMFuncOp MicroKernels::getProduct(PanelFormat format, unsigned rows, int64_t aStride) {
  std::string name =
      ("moec_product_" + getName(format) + "_" + Twine(rows) + "_" + Twine(aStride)).str();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType(), i64 = b.getI64Type();
  auto function = declare(name, {ptr, ptr, ptr, ptr, i64, i64, i64});
  b.setInsertionPointToStart(&function.front());
  auto size = [&](unsigned number) {
    return b.castTo(function.getArgument(number), b.getIndexType());
  };
  Value cStride = size(4), bStep = size(5), depth = size(6);
  Product product(b, machine, format, rows, aStride, function.getArgument(0), cStride);
  b.loop(b.index(0), b.index(panelRows), product.getColumns(), [&](Value column) {
    auto at = [&](unsigned number, int64_t bytes) {
      return b.offset(function.getArgument(number), b.getI8Type(), b.mul(column, bytes));
    };
    product.emit(at(1, product.getRowBytes()), at(2, getScaleBytes(format)), at(3, 4), bStep,
                 depth);
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}

LLVM::LLVMFuncOp MicroKernels::getDequantize(PanelFormat format) {
  std::string name = ("moec_dequantize_" + getName(format)).str();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType(), i64 = b.getI64Type();
  auto function = declare(name, {ptr, ptr, ptr, i64});
  b.setInsertionPointToStart(&function.front());
  Value panel = function.getArgument(0), scales = function.getArgument(1),
        out = function.getArgument(2);
  Value depth = b.castTo(function.getArgument(3), b.getIndexType());
  // The whole width at once: nothing is accumulated, so there are registers for it.
  PanelReader reader(b, machine, format, panelRows / machine.getLanes());
  unsigned lanes = machine.getLanes();
  unsigned group = reader.getGroup(), groups = 32 / group;
  b.loop(b.index(0), b.div(depth, 32), 1, [&](Value block) {
    SmallVector<Value> blockScales = reader.readScales(scales, block);
    b.loop(b.index(0), b.index(groups), 1, [&](Value g) {
      Value place = b.add(b.mul(block, groups), g);
      Value row = b.offset(panel, b.getI8Type(), b.mul(place, 4 * panelRows));
      Value to = b.offset(out, b.getI8Type(), b.mul(place, 4 * panelRows * group));
      for (auto [k, numbers] : llvm::enumerate(reader.readGroup(row, blockScales)))
        for (auto [v, number] : llvm::enumerate(numbers))
          b.store(number, b.offset(to, 4 * (k * panelRows + v * lanes)));
    });
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}
