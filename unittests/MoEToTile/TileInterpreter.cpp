//===- TileInterpreter.cpp - Executes tile.kernels on the host ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums, products and quotients of two f32 are the same whether computed in f32 or in f64 and then
// rounded, so values are doubles that each op rounds to its result's type.
//
//===----------------------------------------------------------------------===//

#include "TileInterpreter.h"

#include "moec/Support/Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <numeric>
#include <stdexcept>

using namespace mlir;
using namespace moec;
using namespace moec::test;

static constexpr double infinity = std::numeric_limits<double>::infinity();

[[noreturn]] static void fail(const std::string &text) { throw std::runtime_error(text); }

double moec::test::roundTo(double value, Type element) {
  if (element.isF32())
    return static_cast<float>(value);
  if (auto type = dyn_cast<FloatType>(element)) {
    llvm::APFloat rounded(value);
    bool lost;
    rounded.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
    return rounded.convertToDouble();
  }
  return value;
}

namespace {

int64_t countOf(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

/// Calls `body` with every index below `shape`, in row-major order.
template <typename Body> void forEachIndex(ArrayRef<int64_t> shape, Body body) {
  std::vector<int64_t> index(shape.size(), 0);
  for (int64_t number = 0, count = countOf(shape); number != count; ++number) {
    int64_t rest = number;
    for (size_t dim = shape.size(); dim-- != 0; rest /= shape[dim])
      index[dim] = rest % shape[dim];
    body(ArrayRef<int64_t>(index), number);
  }
}

int64_t flatten(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t flat = 0;
  for (auto [i, extent] : llvm::zip_equal(index, shape))
    flat = flat * extent + i;
  return flat;
}

/// A tile as rows along one dimension.
struct Lines {
  Lines(ArrayRef<int64_t> shape, int64_t dim)
      : length(shape[dim]), stride(countOf(shape.drop_front(dim + 1))),
        count(countOf(shape) / std::max<int64_t>(1, shape[dim])) {}

  int64_t at(int64_t line, int64_t place) const {
    return (line / stride * length + place) * stride + line % stride;
  }

  int64_t length, stride, count;
};

/// Greatest first, the lower place first among equals; neither NaN nor −inf.
std::vector<int64_t> bestPlaces(ArrayRef<double> values, int64_t k) {
  std::vector<int64_t> places;
  for (int64_t place = 0; place != int64_t(values.size()); ++place)
    if (!std::isnan(values[place]) && values[place] != -infinity)
      places.push_back(place);
  std::stable_sort(places.begin(), places.end(),
                   [&](int64_t a, int64_t b) { return values[a] > values[b]; });
  places.resize(std::min<size_t>(places.size(), k));
  return places;
}

class Interpreter {
public:
  Interpreter(tile::KernelOp kernel, ArrayRef<Argument> arguments) {
    for (auto [value, argument] : llvm::zip_equal(kernel.getKernelArguments(), arguments)) {
      if (auto *array = std::get_if<Array *>(&argument))
        arrays[value] = *array;
      else
        values[value] = {{}, {double(std::get<int64_t>(argument))}};
    }
  }

  void run(Block &block) {
    for (Operation &op : block.without_terminator())
      execute(&op);
  }

  void set(Value value, TileValue tile) { values[value] = std::move(tile); }

private:
  const TileValue &get(Value value) const {
    auto found = values.find(value);
    if (found == values.end())
      fail("a value is used before it is made");
    return found->second;
  }
  int64_t scalar(Value value) const { return int64_t(get(value).data[0]); }

  static std::vector<int64_t> shapeOf(Value value) {
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      return type.getShape().vec();
    return {};
  }

  /// A result with one number for each index, rounded to its element type.
  template <typename Body> void make(Value result, Body body) {
    TileValue tile{shapeOf(result), {}};
    tile.data.resize(countOf(tile.shape));
    Type element = getElementTypeOrSelf(result);
    forEachIndex(tile.shape, [&](ArrayRef<int64_t> index, int64_t number) {
      tile.data[number] = roundTo(body(index, number), element);
    });
    set(result, std::move(tile));
  }

  /// Calls `body` with each element of a tile in memory: its number, and its place in the array or
  /// −1 if it is masked. `rows` gives the first index of each row, if any.
  template <typename Body>
  void access(Value ref, ValueRange indices, ValueRange live, ArrayRef<int64_t> shape,
              const TileValue *rows, Body body) {
    auto type = cast<tile::RefType>(ref.getType());
    std::vector<int64_t> extents = type.getShape().vec();
    if (extents[0] == ShapedType::kDynamic)
      extents[0] = int64_t(arrays.at(ref)->size()) / countOf(ArrayRef(extents).drop_front());
    forEachIndex(shape, [&](ArrayRef<int64_t> index, int64_t number) {
      for (auto [i, bound] : llvm::zip(index, live))
        if (i >= scalar(bound))
          return body(number, -1);
      std::vector<int64_t> place;
      if (rows)
        place.push_back(int64_t(rows->data[index[0]]));
      for (Value start : indices)
        place.push_back(scalar(start));
      if (rows && place[0] < 0)
        return body(number, -1);
      ArrayRef<int64_t> inTile = rows ? index.drop_front() : index;
      for (size_t dim = 0; dim != inTile.size(); ++dim)
        place[place.size() - inTile.size() + dim] += inTile[dim];
      for (auto [i, extent] : llvm::zip_equal(place, extents))
        if (i < 0 || i >= extent)
          fail("index " + std::to_string(i) + " is out of bounds of " + std::to_string(extent));
      body(number, flatten(place, extents));
    });
  }

  TileValue read(Value ref, ValueRange indices, ValueRange live, Value result,
                 const TileValue *rows = nullptr) {
    TileValue tile{shapeOf(result), {}};
    tile.data.assign(countOf(tile.shape), 0);
    access(ref, indices, live, tile.shape, rows, [&](int64_t number, int64_t place) {
      if (place < 0)
        return;
      const std::optional<double> &element = (*arrays.at(ref))[place];
      if (!element)
        fail("reads element " + std::to_string(place) + ", which nobody wrote");
      tile.data[number] = *element;
    });
    return tile;
  }

  void write(Value value, Value ref, ValueRange indices, ValueRange live,
             const TileValue *rows = nullptr) {
    const TileValue &tile = get(value);
    access(ref, indices, live, tile.shape, rows, [&](int64_t number, int64_t place) {
      if (place >= 0)
        (*arrays.at(ref))[place] = tile.data[number];
    });
  }

  void execute(Operation *op);
  bool executeMemory(Operation *op);
  bool executeShape(Operation *op);
  bool executeSelect(Operation *op);
  bool executeArith(Operation *op);
  bool executeControl(Operation *op);
  void executeMma(tile::MmaOp op);
  void executeReduce(Value input, Value result, int64_t dim, tile::ReduceKind kind, bool scan,
                     bool exclusive);

  llvm::DenseMap<Value, TileValue> values;
  llvm::DenseMap<Value, Array *> arrays;
};

double combine(tile::ReduceKind kind, double a, double b) {
  switch (kind) {
  case tile::ReduceKind::Add:
    return a + b;
  case tile::ReduceKind::Max:
    return std::fmax(a, b);
  case tile::ReduceKind::Min:
    return std::fmin(a, b);
  }
  fail("unknown kind of reduction");
}

} // namespace

bool Interpreter::executeMemory(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](tile::LoadOp load) {
        set(load.getResult(),
            read(load.getRef(), load.getIndices(), load.getLive(), load.getResult()));
        return true;
      })
      .Case([&](tile::StoreOp store) {
        write(store.getValue(), store.getRef(), store.getIndices(), store.getLive());
        return true;
      })
      .Case([&](tile::GatherOp gather) {
        const TileValue rows = get(gather.getRows());
        if (int64_t run = gather.getRun().value_or(1); run > 1)
          for (size_t i = 0; i != rows.data.size(); ++i)
            if (rows.data[i] >= 0 && int64_t(rows.data[i]) % run != int64_t(i) % run)
              fail("row " + std::to_string(int64_t(rows.data[i])) + " breaks its run");
        set(gather.getResult(), read(gather.getRef(), gather.getIndices(), gather.getLive(),
                                     gather.getResult(), &rows));
        return true;
      })
      .Case([&](tile::ScatterOp scatter) {
        const TileValue rows = get(scatter.getRows());
        write(scatter.getValue(), scatter.getRef(), scatter.getIndices(), scatter.getLive(), &rows);
        return true;
      })
      .Case([&](tile::ViewOp view) {
        arrays[view.getResult()] = arrays.at(view.getRef());
        return true;
      })
      .Case([&](tile::LoadScalarOp load) {
        set(load.getResult(), read(load.getRef(), load.getIndices(), {}, load.getResult()));
        return true;
      })
      .Default([](Operation *) { return false; });
}

bool Interpreter::executeShape(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](tile::SplatOp splat) {
        make(splat.getResult(), [&](auto, int64_t) { return get(splat.getScalar()).data[0]; });
        return true;
      })
      .Case([&](tile::IotaOp iota) {
        make(iota.getResult(),
             [&](ArrayRef<int64_t> index, int64_t) { return double(index[iota.getDim()]); });
        return true;
      })
      .Case([&](tile::BroadcastOp broadcast) {
        const TileValue input = get(broadcast.getInput());
        make(broadcast.getResult(), [&](ArrayRef<int64_t> index, int64_t) {
          std::vector<int64_t> from = index.vec();
          for (auto [i, extent] : llvm::zip_equal(from, input.shape))
            i = extent == 1 ? 0 : i;
          return input.data[flatten(from, input.shape)];
        });
        return true;
      })
      .Case([&](tile::ReshapeOp reshape) {
        const TileValue input = get(reshape.getInput());
        make(reshape.getResult(), [&](auto, int64_t number) { return input.data[number]; });
        return true;
      })
      .Case([&](tile::SliceOp slice) {
        const TileValue input = get(slice.getInput());
        make(slice.getResult(), [&](ArrayRef<int64_t> index, int64_t) {
          std::vector<int64_t> from = index.vec();
          for (auto [i, offset] : llvm::zip_equal(from, slice.getOffsets()))
            i += offset;
          return input.data[flatten(from, input.shape)];
        });
        return true;
      })
      .Case([&](tile::ConcatOp concat) {
        make(concat.getResult(), [&](ArrayRef<int64_t> index, int64_t) {
          std::vector<int64_t> from = index.vec();
          int64_t dim = concat.getDim();
          for (Value input : concat.getInputs()) {
            const TileValue &tile = get(input);
            if (from[dim] < tile.shape[dim])
              return tile.data[flatten(from, tile.shape)];
            from[dim] -= tile.shape[dim];
          }
          fail("a concatenation is too short");
        });
        return true;
      })
      .Default([](Operation *) { return false; });
}

void Interpreter::executeReduce(Value input, Value result, int64_t dim, tile::ReduceKind kind,
                                bool scan, bool exclusive) {
  const TileValue tile = get(input);
  Lines lines(tile.shape, dim);
  Type element = getElementTypeOrSelf(result);
  std::vector<double> all(tile.data.size());
  for (int64_t line = 0; line != lines.count; ++line) {
    double neutral = kind == tile::ReduceKind::Add   ? 0
                     : kind == tile::ReduceKind::Max ? -infinity
                                                     : infinity;
    double sum = scan ? neutral : tile.data[lines.at(line, 0)];
    for (int64_t place = 0; place != lines.length; ++place) {
      double next = scan || place ? combine(kind, sum, tile.data[lines.at(line, place)]) : sum;
      next = roundTo(next, element);
      all[lines.at(line, place)] = scan && !exclusive ? next : sum;
      sum = next;
    }
    if (!scan)
      all[lines.at(line, 0)] = sum;
  }
  make(result, [&](ArrayRef<int64_t> index, int64_t) { return all[flatten(index, tile.shape)]; });
}

void Interpreter::executeMma(tile::MmaOp op) {
  const TileValue a = get(op.getA()), b = get(op.getB()), acc = get(op.getAcc());
  bool kn = op.getOrder() == tile::OperandOrder::KN;
  int64_t depth = a.shape[1], columns = acc.shape[1];
  make(op.getResult(), [&](ArrayRef<int64_t> index, int64_t number) {
    float sum = float(acc.data[number]);
    for (int64_t k = 0; k != depth; ++k)
      sum += float(a.data[index[0] * depth + k]) *
             float(b.data[kn ? k * columns + index[1] : index[1] * depth + k]);
    return double(sum);
  });
}

bool Interpreter::executeSelect(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](tile::MmaOp mma) {
        executeMma(mma);
        return true;
      })
      .Case([&](tile::ReduceOp reduce) {
        executeReduce(reduce.getInput(), reduce.getResult(), reduce.getDim(), reduce.getKind(),
                      /*scan=*/false, /*exclusive=*/false);
        return true;
      })
      .Case([&](tile::ScanOp scan) {
        executeReduce(scan.getInput(), scan.getResult(), scan.getDim(), scan.getKind(),
                      /*scan=*/true, scan.getExclusive());
        return true;
      })
      .Case([&](tile::HistogramOp histogram) {
        TileValue counts = get(histogram.getBase());
        for (double key : get(histogram.getKeys()).data)
          if (key >= 0 && key < double(counts.data.size()))
            ++counts.data[size_t(key)];
        set(histogram.getResult(), std::move(counts));
        return true;
      })
      .Case([&](tile::RankOp rank) {
        TileValue next = get(rank.getBase());
        const TileValue keys = get(rank.getKeys());
        make(rank.getResult(), [&](auto, int64_t number) {
          double key = keys.data[number];
          return key >= 0 && key < double(next.data.size()) ? next.data[size_t(key)]++ : -1;
        });
        return true;
      })
      .Case([&](tile::TopKOp topK) {
        const TileValue input = get(topK.getInput());
        int64_t width = input.shape.back(), k = shapeOf(topK.getValues()).back();
        auto place = [&](int64_t number) -> int64_t {
          auto best = bestPlaces(ArrayRef(input.data).slice(number / k * width, width), k);
          return number % k < int64_t(best.size()) ? best[number % k] : -1;
        };
        make(topK.getPlaces(), [&](auto, int64_t number) { return double(place(number)); });
        make(topK.getValues(), [&](auto, int64_t number) {
          int64_t at = place(number);
          return at < 0 ? -infinity : input.data[number / k * width + at];
        });
        return true;
      })
      .Case([&](tile::TopKMergeOp merge) {
        const TileValue values = get(merge.getValues()), places = get(merge.getPlaces()),
                        scores = get(merge.getScores());
        int64_t k = values.shape.back(), width = scores.shape.back(),
                first = scalar(merge.getFirst());
        TileValue newValues = values, newPlaces = places;
        for (int64_t row = 0; row != int64_t(values.data.size()) / k; ++row) {
          std::vector<double> all, at;
          for (int64_t i = 0; i != k; ++i) {
            all.push_back(values.data[row * k + i]);
            at.push_back(places.data[row * k + i]);
          }
          for (int64_t j = 0; j != width; ++j) {
            all.push_back(scores.data[row * width + j]);
            at.push_back(double(first + j));
          }
          std::vector<int64_t> best = bestPlaces(all, k);
          std::sort(best.begin(), best.end());
          for (int64_t i = 0; i != k; ++i) {
            bool found = i < int64_t(best.size());
            newValues.data[row * k + i] = found ? all[best[i]] : -infinity;
            newPlaces.data[row * k + i] = found ? at[best[i]] : -1;
          }
        }
        set(merge.getNewValues(), std::move(newValues));
        set(merge.getNewPlaces(), std::move(newPlaces));
        return true;
      })
      .Default([](Operation *) { return false; });
}

bool Interpreter::executeArith(Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto number = [](Attribute attribute) {
      if (auto value = dyn_cast<FloatAttr>(attribute))
        return value.getValueAsDouble();
      return double(cast<IntegerAttr>(attribute).getInt());
    };
    if (auto elements = dyn_cast<DenseElementsAttr>(constant.getValue())) {
      auto all = llvm::to_vector(elements.getValues<Attribute>());
      make(constant.getResult(), [&](auto, int64_t i) { return number(all[i]); });
    } else {
      make(constant.getResult(), [&](auto, int64_t) { return number(constant.getValue()); });
    }
    return true;
  }
  auto unary = [&](auto function) {
    const TileValue a = get(op->getOperand(0));
    make(op->getResult(0), [&](auto, int64_t i) { return function(a.data[i]); });
    return true;
  };
  auto binary = [&](auto function) {
    const TileValue a = get(op->getOperand(0)), b = get(op->getOperand(1));
    make(op->getResult(0), [&](auto, int64_t i) { return function(a.data[i], b.data[i]); });
    return true;
  };
  if (isa<arith::IndexCastOp, arith::ExtFOp, arith::TruncFOp>(op))
    return unary([](double a) { return a; });
  if (isa<math::ExpOp>(op))
    return unary([](double a) { return std::exp(a); });
  if (isa<arith::AddIOp, arith::AddFOp>(op))
    return binary([](double a, double b) { return a + b; });
  if (isa<arith::SubIOp, arith::SubFOp>(op))
    return binary([](double a, double b) { return a - b; });
  if (isa<arith::MulIOp, arith::MulFOp>(op))
    return binary([](double a, double b) { return a * b; });
  if (isa<arith::DivFOp>(op))
    return binary([](double a, double b) { return a / b; });
  // Quotients of what is not used may be of anything but 0.
  if (isa<arith::DivUIOp>(op))
    return binary([](double a, double b) { return std::floor(a / b); });
  if (isa<arith::RemUIOp>(op))
    return binary([](double a, double b) { return a - std::floor(a / b) * b; });
  if (isa<arith::MaxSIOp, arith::MaxNumFOp>(op))
    return binary([](double a, double b) { return std::fmax(a, b); });
  if (isa<arith::MinSIOp, arith::MinNumFOp>(op))
    return binary([](double a, double b) { return std::fmin(a, b); });
  if (isa<arith::AndIOp>(op))
    return binary([](double a, double b) { return double(a && b); });
  if (isa<arith::OrIOp>(op))
    return binary([](double a, double b) { return double(a || b); });
  if (isa<arith::SelectOp>(op)) {
    const TileValue c = get(op->getOperand(0)), a = get(op->getOperand(1)),
                    b = get(op->getOperand(2));
    make(op->getResult(0), [&](auto, int64_t i) {
      return c.data[c.data.size() == 1 ? 0 : i] ? a.data[i] : b.data[i];
    });
    return true;
  }
  auto compare = [&](StringRef predicate) {
    return binary([&](double a, double b) {
      if (predicate == "eq" || predicate == "oeq")
        return double(a == b);
      if (predicate == "slt" || predicate == "olt")
        return double(a < b);
      if (predicate == "sle" || predicate == "ole")
        return double(a <= b);
      fail("unknown predicate " + predicate.str());
    });
  };
  if (auto cmp = dyn_cast<arith::CmpIOp>(op))
    return compare(arith::stringifyCmpIPredicate(cmp.getPredicate()));
  if (auto cmp = dyn_cast<arith::CmpFOp>(op))
    return compare(arith::stringifyCmpFPredicate(cmp.getPredicate()));
  return false;
}

bool Interpreter::executeControl(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    Region &region =
        scalar(branch.getCondition()) ? branch.getThenRegion() : branch.getElseRegion();
    if (!region.empty())
      run(region.front());
    return true;
  }
  auto loop = dyn_cast<scf::ForOp>(op);
  if (!loop)
    return false;
  for (auto [argument, value] : llvm::zip_equal(loop.getRegionIterArgs(), loop.getInitArgs()))
    set(argument, get(value));
  int64_t from = scalar(loop.getLowerBound()), to = scalar(loop.getUpperBound()),
          step = scalar(loop.getStep());
  for (int64_t i = from; i < to; i += step) {
    set(loop.getInductionVar(), {{}, {double(i)}});
    run(*loop.getBody());
    std::vector<TileValue> next;
    for (Value value : loop.getBody()->getTerminator()->getOperands())
      next.push_back(get(value));
    for (auto [argument, value] : llvm::zip_equal(loop.getRegionIterArgs(), next))
      set(argument, std::move(value));
  }
  for (auto [result, argument] : llvm::zip_equal(loop.getResults(), loop.getRegionIterArgs()))
    set(result, get(argument));
  return true;
}

void Interpreter::execute(Operation *op) {
  if (!executeMemory(op) && !executeShape(op) && !executeSelect(op) && !executeArith(op) &&
      !executeControl(op))
    fail("cannot execute " + op->getName().getStringRef().str());
}

static std::array<int64_t, 3> gridOf(tile::KernelOp kernel, ArrayRef<Argument> arguments) {
  std::vector<int64_t> indices;
  for (const Argument &argument : arguments)
    if (auto *index = std::get_if<int64_t>(&argument))
      indices.push_back(*index);
  return kernel.evaluateGrid(indices);
}

uint64_t moec::test::countBlocks(tile::KernelOp kernel, ArrayRef<Argument> arguments) {
  auto [x, y, z] = gridOf(kernel, arguments);
  return uint64_t(x) * y * z;
}

void moec::test::runKernel(tile::KernelOp kernel, ArrayRef<Argument> arguments, uint64_t begin,
                           uint64_t end) {
  auto [x, y, z] = gridOf(kernel, arguments);
  for (uint64_t number = begin; number != end; ++number) {
    Interpreter interpreter(kernel, arguments);
    int64_t ids[3] = {int64_t(number % x), int64_t(number / x % y), int64_t(number / x / y)};
    for (unsigned axis = 0; axis != 3; ++axis)
      interpreter.set(kernel.getBlockId(axis), {{}, {double(ids[axis])}});
    interpreter.run(kernel.getBody().front());
  }
}
