# Warnings and sanitizers, for every target of this project.
add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-deprecated-declarations)
  add_link_options(-fuse-ld=lld)
else()
  # MLIR's headers trip these in g++ 12.
  add_compile_options(-Wno-comment -Wno-dangling-reference -Wno-maybe-uninitialized)
endif()
if(MOEC_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,function -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=address,undefined)
endif()
if(MOEC_FUZZ)
  # Coverage in every library; only the programs of unittests/fuzz link the fuzzing engine.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr,function
    -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=address,undefined)
endif()
