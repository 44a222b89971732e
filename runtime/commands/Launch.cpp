//===- Launch.cpp - The command launch --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One launch of one kernel. Every memory argument gets an allocation of its own, of exactly its
// size, so that a device that checks accesses sees each that leaves its argument.
//
//===----------------------------------------------------------------------===//

#include "ModelOptions.h"
#include "moec/Support/SafeTensors.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/commands/Table.h"

#include <charconv>
#include <cstdio>
#include <map>

using namespace moec;
using namespace moec::runtime;
using plan::ArgKind;
using plan::Dim;

namespace {
struct LaunchOptions {
  EvalArguments model;
  std::string function{forwardFunction}, kernel, op, in, out;
  std::vector<std::string> words;
  std::vector<uint32_t> grid;
  StepDims dims{{1, 1, 1, 1}};
  bool list = false;
};

/// One argument word: memory on the device, or a number.
struct Argument {
  moec_word word = 0;
  DeviceMemory memory;
  /// What it is called in messages and tables.
  std::string name;
  /// Whether the launch may write it, and how it is declared in the output.
  bool written = false;
  DType dtype = DType::U8;
  std::vector<int64_t> shape;
};

/// A kernel of an artifact, its launch in the plan, and the arguments.
class SingleLaunch {
public:
  SingleLaunch(const LaunchOptions &options, const Artifact &artifact)
      : options(options), artifact(artifact), plan(artifact.plan()) {}

  /// Finds the launch that the options name.
  Error find();
  void printArguments() const;
  Error run(Device &device);

private:
  Error readInputs();
  Error readWords();
  Error prepare(Device &device, Stream &stream, size_t number, Argument &argument) const;
  Expected<Grid> gridOf() const;
  Error writeOutputs(Stream &stream, const std::vector<Argument> &arguments) const;
  std::string nameOf(const plan::Arg &arg) const;
  /// The input or output that an argument is; null where it is none.
  const plan::Array *arrayOf(const plan::Arg &arg) const;
  Expected<uint64_t> bytesOf(const plan::Arg &arg) const;

  const LaunchOptions &options;
  const Artifact &artifact;
  const plan::Plan &plan;
  const plan::Function *function = nullptr;
  const plan::Variant *variant = nullptr;
  const plan::Launch *launch = nullptr;
  std::unique_ptr<SafeTensors> inputs;
  std::map<size_t, int64_t> words;
};
} // namespace

static std::string argumentName(size_t number) { return strCat("arg", number); }

Error SingleLaunch::find() {
  function = findFunction(plan, options.function);
  if (!function)
    return Error::make("'", artifact.path(), "' has no function '", options.function, "'; it has ",
                       plan.functions()->size(), ", which inspect lists");
  for (const plan::Variant *candidate : *function->variants())
    for (auto [index, next] : launchesOf(*candidate)) {
      if (plan.kernels()->Get(next.kernel())->name()->str() != options.kernel)
        continue;
      if (!options.op.empty() && (!next.op() || next.op()->str() != options.op))
        continue;
      variant = candidate;
      launch = &next;
      return Error::success();
    }
  if (options.op.empty())
    return Error::make("'", artifact.path(), "' launches no kernel '", options.kernel, "' in '",
                       options.function, "'; it has ", plan.kernels()->size(),
                       " kernels, which inspect lists");
  return Error::make("'", artifact.path(), "' has no launch of kernel '", options.kernel,
                     "' for op '", options.op, "' in '", options.function, "'");
}

const plan::Array *SingleLaunch::arrayOf(const plan::Arg &arg) const {
  if (arg.kind() == ArgKind::Input)
    return function->inputs()->Get(arg.index());
  return arg.kind() == ArgKind::Output ? function->outputs()->Get(arg.index()) : nullptr;
}

std::string SingleLaunch::nameOf(const plan::Arg &arg) const {
  switch (arg.kind()) {
  case ArgKind::Buffer:
    return strCat("buffer ", variant->buffers()->Get(arg.index())->name()->str());
  case ArgKind::Weight:
    return strCat("weight ", plan.weights()->Get(arg.index())->name()->str());
  case ArgKind::State:
    return strCat("state ", plan.states()->Get(arg.index())->name()->str());
  case ArgKind::Input:
  case ArgKind::Output: {
    const plan::Array &array = *arrayOf(arg);
    return strCat(arg.kind() == ArgKind::Input ? "input " : "output ", array.name()->str(),
                  array.pool() < 0 ? "" : strCat(" of pool ", array.pool()));
  }
  case ArgKind::Scalar:
    return strCat("number ", formatFormula(*arg.formula()));
  }
  return "unknown";
}

/// Bytes that an argument has without --in; 0 where only the user knows.
Expected<uint64_t> SingleLaunch::bytesOf(const plan::Arg &arg) const {
  if (arg.kind() == ArgKind::Buffer)
    return variant->buffers()->Get(arg.index())->bytes();
  if (arg.kind() == ArgKind::Weight)
    return plan.weights()->Get(arg.index())->bytes();
  const plan::Array *array = arrayOf(arg);
  if (!array)
    return uint64_t(0);
  Expected<uint64_t> rows = rowsOf(*array, options.dims);
  if (!rows)
    return rows.takeError();
  return *rows * rowBytes(*array);
}

void SingleLaunch::printArguments() const {
  std::printf("kernel %s, op %s, grid %s\n", options.kernel.c_str(),
              launch->op() ? launch->op()->c_str() : "-", formatGrid(*launch).c_str());
  Table table({"argument", "is", ">bytes"});
  for (size_t i = 0; i < launch->args()->size(); ++i) {
    const plan::Arg &arg = *launch->args()->Get(i);
    Expected<uint64_t> bytes = bytesOf(arg);
    table.add({argumentName(i), nameOf(arg), bytes && *bytes ? std::to_string(*bytes) : "-"});
  }
  table.print();
}

Error SingleLaunch::readInputs() {
  if (options.in.empty())
    return Error::success();
  Expected<SafeTensors> file = SafeTensors::open(options.in);
  if (!file)
    return file.takeError();
  inputs = std::make_unique<SafeTensors>(std::move(*file));
  for (const TensorInfo &tensor : inputs->tensors()) {
    bool known = false;
    for (size_t i = 0; i < launch->args()->size() && !known; ++i)
      known = tensor.name == argumentName(i) && launch->args()->Get(i)->kind() != ArgKind::Scalar;
    if (!known)
      return Error::make("'", options.in, "': tensor '", tensor.name,
                         "' is no memory argument of kernel '", options.kernel, "'");
  }
  return Error::success();
}

Error SingleLaunch::readWords() {
  for (const std::string &text : options.words) {
    size_t number = 0;
    int64_t value = 0;
    const char *end = text.data() + text.size();
    auto [equals, first] = std::from_chars(text.data(), end, number);
    if (first != std::errc() || equals == end || *equals != '=')
      return Error::make("--word is '", text, "', not NUMBER=VALUE");
    auto [rest, second] = std::from_chars(equals + 1, end, value);
    if (second != std::errc() || rest != end)
      return Error::make("--word is '", text, "', not NUMBER=VALUE");
    if (number >= launch->args()->size() || launch->args()->Get(number)->kind() != ArgKind::Scalar)
      return Error::make("--word ", text, ": argument ", number, " of kernel '", options.kernel,
                         "' is no number");
    words[number] = value;
  }
  return Error::success();
}

Error SingleLaunch::prepare(Device &device, Stream &stream, size_t number,
                            Argument &argument) const {
  const plan::Arg &arg = *launch->args()->Get(number);
  argument.name = nameOf(arg);
  if (arg.kind() == ArgKind::Scalar) {
    auto given = words.find(number);
    Expected<int64_t> value =
        given != words.end() ? given->second : evaluate(*arg.formula(), options.dims);
    if (!value)
      return value.takeError();
    argument.word = static_cast<moec_word>(*value);
    return Error::success();
  }
  std::span<const std::byte> contents;
  Expected<uint64_t> planned = bytesOf(arg);
  if (!planned)
    return planned.takeError();
  uint64_t bytes = *planned;
  const TensorInfo *given = inputs ? inputs->find(argumentName(number)) : nullptr;
  if (given) {
    contents = inputs->data(*given);
    bytes = contents.size();
    argument.dtype = given->dtype;
    argument.shape = given->shape;
  } else if (arg.kind() == ArgKind::Weight && plan.weight_files()->size() != 0) {
    contents = artifact.weight(arg.index());
  } else if (arg.kind() == ArgKind::State || arg.kind() == ArgKind::Input) {
    return Error::make("nothing says what is in it; give it as ", argumentName(number),
                       " with --in");
  }
  if (argument.shape.empty() && !given)
    argument.shape = {int64_t(bytes)};
  argument.written = arg.kind() == ArgKind::Buffer || arg.kind() == ArgKind::State ||
                     arg.kind() == ArgKind::Output;
  Expected<DeviceMemory> memory = DeviceMemory::allocate(device, bytes);
  if (!memory)
    return memory.takeError();
  argument.memory = std::move(*memory);
  argument.word = argument.memory.address();
  return stream.copyToDevice(argument.word, contents);
}

Expected<Grid> SingleLaunch::gridOf() const {
  if (options.grid.empty())
    return evaluateGrid(*launch, options.dims);
  Grid grid = {1, 1, 1};
  std::copy(options.grid.begin(), options.grid.end(), grid.begin());
  return grid;
}

Error SingleLaunch::writeOutputs(Stream &stream, const std::vector<Argument> &arguments) const {
  std::vector<SafeTensorsWriter::Declaration> declarations;
  std::vector<std::vector<std::byte>> contents;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument &argument = arguments[i];
    if (!argument.written)
      continue;
    declarations.push_back({argumentName(i), argument.dtype, argument.shape});
    contents.emplace_back(argument.memory.size());
    if (Error error = stream.copyToHost(contents.back(), argument.memory.address()))
      return error;
  }
  if (Error error = stream.synchronize())
    return error;
  Expected<SafeTensorsWriter> writer =
      SafeTensorsWriter::create(options.out, std::move(declarations));
  if (!writer)
    return writer.takeError();
  for (const std::vector<std::byte> &bytes : contents)
    if (Error error = writer->append(bytes))
      return error;
  return writer->finish();
}

Error SingleLaunch::run(Device &device) {
  const plan::Kernel &kernel = *plan.kernels()->Get(launch->kernel());
  if (Error error = readInputs())
    return error;
  if (Error error = readWords())
    return error;
  auto code = device.loadCode(
      strCat(artifact.path(), "/", plan.code_objects()->Get(kernel.code_object())->file()->str()),
      artifact.codeObject(kernel.code_object()));
  if (!code)
    return code.takeError();
  auto found =
      (*code)->kernel({kernel.symbol()->str(), kernel.scratch_bytes(), kernel.block_threads()});
  if (!found)
    return found.takeError();
  Expected<std::unique_ptr<Stream>> stream = device.createStream();
  if (!stream)
    return stream.takeError();

  std::vector<Argument> arguments(launch->args()->size());
  std::vector<moec_word> values;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (Error error = prepare(device, **stream, i, arguments[i]))
      return error.addContext(strCat("argument ", i, " (", arguments[i].name, ")"));
    values.push_back(arguments[i].word);
  }
  Expected<Grid> grid = gridOf();
  if (!grid)
    return grid.takeError();
  if (Error error = (*stream)->launch(**found, values, *grid))
    return error;
  if (Error error = (*stream)->synchronize())
    return error.addContext(strCat("kernel '", options.kernel, "'"));
  std::printf("launched %s on %s: grid %u x %u x %u\n", options.kernel.c_str(),
              device.description().c_str(), (*grid)[0], (*grid)[1], (*grid)[2]);
  return options.out.empty() ? Error::success() : writeOutputs(**stream, arguments);
}

static Error launchKernel(const LaunchOptions &options) {
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(options.model.model);
  if (!artifact)
    return artifact.takeError();
  SingleLaunch single(options, **artifact);
  if (Error error = single.find())
    return error;
  if (options.list) {
    single.printArguments();
    return Error::success();
  }
  Expected<EngineOptions> engine = engineOptions(options.model);
  if (!engine)
    return engine.takeError();
  Expected<DeviceManifest> manifest = DeviceManifest::loadDefault();
  if (!manifest)
    return manifest.takeError();
  auto device =
      manifest->open((*artifact)->plan().target()->str(), engine->device, engine->deviceOptions);
  if (!device)
    return device.takeError();
  return single.run(**device);
}

void runtime::addLaunchCommand(CommandLine &line) {
  auto options = std::make_shared<LaunchOptions>();
  CLI::App &command = line.add("launch", "Launch one kernel of a compiled model on given data",
                               [options] { return launchKernel(*options); });
  command.footer(
      "Argument N of the kernel is tensor argN of --in and --out; --list says what each is. Memory "
      "that --in does not have: weights are the model's (zero if it has none), buffers and outputs "
      "are zero and as large as in the plan; inputs and states must be in --in. Numbers come from "
      "the plan's formulas and the step's extents, unless --word says otherwise. --out gets every "
      "buffer, state and output, in the type and shape of --in, else as bytes.");
  command.add_option("model", options->model.model, "Folder of a compiled model")
      ->required()
      ->type_name("MODEL");
  command.add_option("kernel", options->kernel, "The kernel, as inspect names it")
      ->required()
      ->type_name("KERNEL");
  command.add_option("--function", options->function, "The function whose launches to look at")
      ->capture_default_str();
  command.add_option("--op", options->op, "Of its launches, the one for this op (default: first)");
  command.add_option("--in", options->in, "Safetensors with arguments arg0, arg1, …");
  command.add_option("--out", options->out, "Write what the kernel may have written to this file");
  command.add_option("--word", options->words, "N=VALUE: the number that argument N shall be");
  auto addDim = [&](const char *name, Dim dim, const char *help) {
    command.add_option(name, options->dims[dim], help)->capture_default_str();
  };
  addDim("--tokens", Dim::Tokens, "Tokens of the step, T");
  addDim("--sequences", Dim::Sequences, "Sequences of the step, S");
  addDim("--logits-rows", Dim::LogitsRows, "Rows of logits, R");
  addDim("--block-table-stride", Dim::BlockTableStride, "Columns of the block tables, P");
  command.add_option("--grid", options->grid, "Blocks X,Y,Z in place of the plan's")
      ->delimiter(',')
      ->expected(1, 3);
  command.add_option("--device", options->model.device, "Device: KIND or KIND:NUMBER");
  command.add_option("--threads", options->model.threads,
                     "Worker threads (default: all processors)");
  command.add_flag("--list", options->list, "Print what the arguments are, and launch nothing");
}
