# Warnings, assertions and sanitizers, for every target of this project.
add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of libstdc++ 12 calls what the library itself deprecates, and Clang reports it in
  # our files. The macro marks only the library's own functions; MLIR's and LLVM's stay reported.
  add_compile_options(-U__DEPRECATED)
  add_link_options(-fuse-ld=lld)
else()
  # MLIR's headers trip these in g++ 12.
  add_compile_options(-Wno-comment -Wno-dangling-reference -Wno-maybe-uninitialized)
endif()
if(MOEC_ASSERTIONS)
  # After CMake's own flags, which define it in all but debug builds. LLVM's libraries are release builds: only what
  # their headers assert is checked. Passes have no statistics: llvm::Statistic is another class with assertions.
  add_compile_options(-UNDEBUG)
endif()
if(MOEC_SANITIZE STREQUAL "address")
  # MLIR and LLVM are not instrumented. What follows from that, and nothing else, is turned off:
  # vptr, function  compare type information that their libraries do not export;
  # allow_user_poisoning  their inline allocators poison memory in our objects that their own code,
  #   where the poisoning was compiled away, later hands out.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,function -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=address,undefined)
  set(MOEC_SANITIZER_ENVIRONMENT
    ASAN_OPTIONS=allow_user_poisoning=0:detect_stack_use_after_return=1:strict_string_checks=1
    UBSAN_OPTIONS=print_stacktrace=1)
elseif(MOEC_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -O1)
  add_link_options(-fsanitize=thread)
  set(MOEC_SANITIZER_ENVIRONMENT TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1)
elseif(MOEC_SANITIZE)
  message(FATAL_ERROR "MOEC_SANITIZE is '${MOEC_SANITIZE}', neither address nor thread")
endif()
if(MOEC_FUZZ)
  # Coverage in every library; only the programs of unittests/fuzz link the fuzzing engine.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
