//===- Target.h - What the compiler asks of a machine -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one interface between the compiler and a machine. A machine chooses schedules and packing
// maps before kernels are built, and turns finished tile.kernels into code objects.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_TARGET_H
#define MOEC_TARGET_TARGET_H

#include "moec/Dialect/Tile/Tile.h"
#include "moec/Support/Error.h"
#include "moec/Target/KernelShape.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moec {

namespace simt {
class Lanes;
}

/// How far code generation goes: LLVM IR after optimisation, assembly, a relocatable object, or the
/// object that a device loads. All but the last are for people.
enum class EmitKind { LLVM, Assembly, Relocatable, Object };

struct CodegenOptions {
  EmitKind emit = EmitKind::Object;
  /// Threads that generate code, at least 1.
  unsigned jobs = 1;
};

/// One file of the artifact, and the kernels in it.
struct CodeObject {
  struct Kernel {
    /// The tile.kernel's name and the symbol exported for it.
    std::string name;
    std::string symbol;
    /// Scratch a worker needs, in bytes, and threads of a block where the machine wants them.
    uint64_t scratchBytes = 0;
    uint32_t blockThreads = 0;
    /// Numbers for people: registers, spills …
    std::vector<std::pair<std::string, double>> metrics;
  };

  /// File name below the artifact's `kernels` folder.
  std::string file;
  std::string bytes;
  std::vector<Kernel> kernels;
};

/// A product whose time says what a machine can do, for `moec tune --machine`: rows of one element
/// times a weight [n, k] of another, packed as the machine packs it.
struct MachineProbe {
  /// What its result is called.
  std::string name;
  mlir::Type rows, weight;
  int64_t tokens = 0, n = 0, k = 0;
  /// Whether bytes of the weight that are read in a second are asked for, or multiply-adds.
  bool countsBytes = false;
};

/// One machine. Every method is called from one thread.
class Target {
public:
  virtual ~Target();

  /// As `--target` and the device manifest spell it.
  virtual std::string name() const = 0;
  /// The chip as TargetRegistry::create() takes it to make the same machine anywhere: never
  /// `native`.
  virtual std::string chip() const = 0;
  /// The chip, for people, and the features a device must have to run the code.
  virtual std::string processor() const = 0;
  virtual std::vector<std::string> features() const = 0;
  /// What people call the object that a device loads, as its files end: "so".
  virtual std::string codeFormat() const = 0;

  /// The longest blocks in which it reads weights of that format; of longer ones it has each scale
  /// several times. Rows are quantised in blocks of 32, and products of codes have blocks of both.
  virtual int64_t longestBlock(mx::BlockType weight) const { return 32; }

  /// Where the elements of a weight of this type lie; null leaves it row-major. Asked once a
  /// weight, before any schedule, so that all token-count variants read the same bytes.
  virtual tile::PackedAttr packedMap(mlir::RankedTensorType weight) const = 0;

  /// Whether rows of that element type can be multiplied by weights of that one. Asked before
  /// groups become kernels, so that a model is refused at the op which this machine lacks. As long
  /// as a machine does not say otherwise: what `tile.dequantize` knows, in any combination.
  virtual bool multiplies(mlir::Type rows, mlir::Type weight) const;

  /// The schedule for a kernel of that shape, or null for a family that the machine does not know:
  /// builders then take their defaults, and the report says so. Numbers are those of the family's
  /// record and of scheduleKeys(); where a schedule came from is not the target's to say.
  virtual tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                                            const KernelShape &shape) const = 0;

  /// Fails with a sentence if no kernel of that shape can be made by `schedule`, which may be
  /// anybody's: asked before a kernel is built.
  virtual Error checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule) const {
    return Error::success();
  }

  /// Numbers of schedules that this machine's own passes read, beside those of the families.
  virtual llvm::ArrayRef<ScheduleKey> scheduleKeys() const { return {}; }

  /// A row of a tuning table, counted from 1, or 0; and whether its time was measured, or predicted
  /// like those of the schedules that it was compared with.
  struct TunedRow {
    int64_t number = 0;
    bool measured = false;
  };
  /// The row that chooseSchedule() takes for that shape.
  virtual TunedRow tunedRow(const KernelShape &shape) const { return {}; }

  /// Expected microseconds of a launch that has this work to do.
  virtual double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const = 0;

  /// The schedules that are worth measuring for that shape: that of chooseSchedule() first, each
  /// once; none for a family that the machine does not know. Builders take them all, and those of
  /// products over the same expert blocks agree on BM.
  virtual std::vector<tile::ScheduleAttr> candidates(mlir::MLIRContext *context,
                                                     const KernelShape &shape) const;

  /// What has to be measured of a machine, since it cannot be read; nothing if it is all known.
  virtual std::vector<MachineProbe> probes(mlir::MLIRContext *context) const { return {}; }
  /// A description of this machine with what probes gave, in bytes or multiply-adds a second by
  /// their names: the text of a file whose path TargetRegistry::create() takes as a chip.
  virtual std::string describe(const std::map<std::string, double> &rates) const { return {}; }

  /// What layouts of tiles follow from, as lib/Simt takes it; null for a machine without lanes.
  virtual const simt::Lanes *lanes() const { return nullptr; }

  /// Lowers the tile.kernels of `kernels`, which it may change, to code objects.
  virtual Expected<std::vector<CodeObject>> generateCode(mlir::ModuleOp kernels,
                                                         const CodegenOptions &options) const = 0;
};

/// The form that `--emit` names of a target's code: llvm, asm, obj, or the target's codeFormat().
/// Fails with a sentence that lists them.
Expected<EmitKind> parseEmitKind(const std::string &name, const Target &target);

/// What a file of that form is called: kernels.ll, kernels.s, kernels.o, or as the target's
/// codeFormat() says.
std::string getCodeFileName(EmitKind kind, const Target &target);

/// The machines of this build, by name. Owned by whoever compiles; there is no global one.
class TargetRegistry {
public:
  /// Makes a target for a chip: `native`, or a name that the target knows.
  using Factory = std::function<Expected<std::unique_ptr<Target>>(const std::string &chip)>;

  void add(const std::string &name, Factory factory) { factories[name] = std::move(factory); }
  std::vector<std::string> names() const;
  /// Fails with a sentence that lists the known names.
  Expected<std::unique_ptr<Target>> create(const std::string &name, const std::string &chip) const;

private:
  std::map<std::string, Factory> factories;
};

/// Adds every machine that has a folder below targets/. Each folder defines
/// `void moec::register<Name>Target(TargetRegistry &)` and names itself to CMake with
/// moec_register_target.
void registerAllTargets(TargetRegistry &registry);

} // namespace moec

#endif // MOEC_TARGET_TARGET_H
