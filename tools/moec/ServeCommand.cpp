//===- ServeCommand.cpp - moec serve, of checkpoints ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The runtime's serve, and for a checkpoint a compilation before it. What was compiled is kept by a
// hash of everything that it was made of, so that the next start finds it.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Import/Import.h"
#include "moec/StepArrays.h"
#include "moec/Support/File.h"
#include "moec/Support/Hash.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <pwd.h>
#include <unistd.h>

using namespace moec;
namespace fs = std::filesystem;

namespace {
struct ServeCompilation {
  CompileOptions options = makeCheckedOptions();
  std::string cache;
  TargetRegistry targets;
  CLI::App *command = nullptr;
};
} // namespace

/// .cache/moec in the home folder of whoever runs this.
static std::string defaultCache() {
  const passwd *user = getpwuid(getuid());
  return user && user->pw_dir ? (fs::path(user->pw_dir) / ".cache" / "moec").string()
                              : std::string();
}

static void addText(Sha256 &hash, std::string_view text) {
  // With its length, so that two texts are not one.
  uint64_t size = text.size();
  hash.update(std::as_bytes(std::span(&size, 1)));
  hash.update(std::as_bytes(std::span(text)));
}

/// The folder of the checkpoint that a model is made of; empty without one.
static Expected<std::string> findCheckpoint(const CompileOptions &options) {
  fs::path path = options.input;
  std::error_code ec;
  if (fs::is_directory(path, ec))
    return options.input;
  if (path.extension() != ".mlir")
    return path.has_parent_path() ? path.parent_path().string() : std::string(".");
  std::unique_ptr<mlir::MLIRContext> context = createContext();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = loadModel(*context, options);
  if (!module)
    return module.takeError();
  return checkpointFolder(**module, modelFolder(options));
}

/// The files of a checkpoint, in order of their names, behind the model itself.
static Expected<std::vector<fs::path>> listFiles(const CompileOptions &options) {
  Expected<std::string> folder = findCheckpoint(options);
  if (!folder)
    return folder.takeError();
  std::vector<fs::path> files;
  std::error_code ec;
  if (!folder->empty())
    for (const fs::directory_entry &entry : fs::directory_iterator(*folder, ec))
      if (entry.is_regular_file(ec))
        files.push_back(entry.path());
  if (ec)
    return Error::make("cannot list '", *folder, "': ", ec.message());
  std::sort(files.begin(), files.end());
  if (!fs::is_directory(options.input, ec))
    files.insert(files.begin(), options.input);
  return files;
}

/// A hash of the files, the options and this program.
static Expected<std::string> hashInputs(const CompileOptions &options, const std::string &chip) {
  Expected<std::vector<fs::path>> files = listFiles(options);
  if (!files)
    return files.takeError();
  files->push_back("/proc/self/exe");
  Sha256 hash;
  for (const std::string &text : {options.target, chip, options.activations, options.kvCache,
                                  options.quantize, options.quantizeActivations, options.rounding,
                                  std::string(options.draft ? draftFunction : "")})
    addText(hash, text);
  uint64_t done = 0;
  for (const fs::path &path : *files) {
    Expected<MappedFile> file = MappedFile::open(path.string());
    if (!file)
      return file.takeError();
    addText(hash, path.filename().string());
    addText(hash, {reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size()});
    done += file->bytes().size();
    if (isatty(STDERR_FILENO))
      std::cerr << "hashing     " << done / 1000000 << " MB\r" << std::flush;
  }
  std::cerr << "hashed      " << done / 1000000 << " MB\n";
  return hash.finish();
}

/// Whether the model is to draft tokens itself: where that is asked for, and where nobody says who
/// drafts and import finds that it can.
static bool drafts(const std::string &model, const runtime::DraftOptions &options) {
  bool isOther = !options.model.empty();
  if (options.tokens == 0 || isOther || fs::path(model).extension() == ".mlir")
    return false;
  if (options.method != runtime::DraftMethod::Any)
    return options.method == runtime::DraftMethod::Model;
  ImportOptions import;
  import.path = model;
  import.draft = true;
  std::unique_ptr<mlir::MLIRContext> context = createContext();
  auto module = importModel(*context, import);
  if (!module)
    std::cerr << "note: the model drafts no tokens itself: " << module.takeError().message()
              << "\n";
  return bool(module);
}

/// The artifact of a model that is none yet: one that was made before, or a new one.
static Expected<std::string> compileIntoCache(ServeCompilation &work, const std::string &model,
                                              const runtime::DraftOptions &draftOptions) {
  if (work.cache.empty())
    return Error::make("there is no home folder to keep compiled models in; give --cache");
  CompileOptions options = work.options;
  options.input = model;
  options.draft = drafts(model, draftOptions);
  Expected<std::unique_ptr<Target>> target = work.targets.create(options.target, options.chip);
  if (!target)
    return target.takeError();
  Expected<std::string> hash = hashInputs(options, (*target)->chip());
  if (!hash)
    return hash.takeError();
  fs::path name = fs::path(model).lexically_normal();
  if (!name.has_filename())
    name = name.parent_path();
  // The name is what the model is called in requests.
  fs::path folder = fs::path(work.cache) / hash->substr(0, 32);
  options.output = (folder / (name.stem().string() + ".moec")).string();
  std::error_code ec;
  if (fs::exists(fs::path(options.output) / "plan.fb", ec)) {
    std::cerr << "compiled before: " << options.output << "\n";
    return options.output;
  }
  fs::create_directories(folder, ec);
  if (ec)
    return Error::make("cannot make '", folder.string(), "': ", ec.message());
  if (Error error = compile(options, work.targets, std::cerr, std::cerr))
    return error;
  return options.output;
}

void moec::addCompilingServeCommand(runtime::CommandLine &line) {
  auto work = std::make_shared<ServeCompilation>();
  work->cache = defaultCache();
  registerAllTargets(work->targets);
  runtime::ServeExtension extension;
  extension.alternative =
      " or a model.mlir, a checkpoint or a config.json, which is compiled first";
  extension.addOptions = [work](CLI::App &command) {
    work->command = &command;
    command
        .add_option("--cache", work->cache,
                    "Folder that compiled models are kept in, by a hash of all that they are made "
                    "of")
        ->capture_default_str();
    command.add_option("--target", work->options.target, "The machine to compile for")
        ->check(CLI::IsMember(work->targets.names()))
        ->capture_default_str();
    addTransformOptions(command, work->options);
  };
  extension.prepare = [work](const std::string &model,
                             const runtime::DraftOptions &drafts) -> Expected<std::string> {
    std::error_code ec;
    bool isModel =
        fs::exists(fs::path(model) / "config.json", ec) || fs::is_regular_file(model, ec);
    if (!fs::exists(fs::path(model) / "plan.fb", ec) && isModel)
      return compileIntoCache(*work, model, drafts);
    for (const char *option : {"--cache", "--target", "--activations", "--kv-cache", "--quantize",
                               "--quantize-activations", "--rounding"})
      if (work->command->count(option))
        return Error::make(option, " is for a model that is compiled first, but '", model,
                           "' is none");
    return model;
  };
  addServeCommand(line, std::move(extension));
}
