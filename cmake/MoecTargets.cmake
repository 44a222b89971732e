# moec_add_subdirectories(<dir>...): those of the folders that exist.
function(moec_add_subdirectories)
  foreach(dir ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/CMakeLists.txt)
      add_subdirectory(${dir})
    endif()
  endforeach()
endfunction()

# moec_add_targets(<root>): each folder below <root> is one machine, with a codegen or a device folder or both.
# A machine registers its compiler half with moec_register_target, so no list names them.
function(moec_add_targets root)
  file(GLOB dirs CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${root}/*/codegen/CMakeLists.txt
    ${CMAKE_CURRENT_SOURCE_DIR}/${root}/*/device/CMakeLists.txt)
  foreach(file ${dirs})
    get_filename_component(dir ${file} DIRECTORY)
    add_subdirectory(${dir})
  endforeach()
endfunction()

# moec_add_library(NAME sources... [DEPENDS targets...] [LINK libraries...]): a library without LLVM.
function(moec_add_library name)
  moec_add_any_library(${name} ${ARGN})
  moec_precompile(${name} MoecStandardPrecompiled)
endfunction()

# moec_add_mlir_library: the same, with MLIR's headers and dylib.
function(moec_add_mlir_library name)
  moec_add_any_library(${name} ${ARGN})
  target_link_libraries(${name} PUBLIC moec_mlir)
  moec_precompile(${name})
endfunction()

# What both are.
function(moec_add_any_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# moec_add_precompiled(NAME header [libraries...]): a header compiled once, for the targets that moec_precompile gives it to.
function(moec_add_precompiled name header)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Compiled for its precompiled header.\n")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  target_precompile_headers(${name} PRIVATE ${header})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # So that ccache sees the same header where its contents are the same.
    target_compile_options(${name} PRIVATE -Xclang -fno-pch-timestamp)
  endif()
endfunction()

# moec_precompile(<target> [<precompiled>]): it takes include/moec/Precompiled.h, or another such header, from
# where it is compiled once. Both must be compiled in the same way, so a program becomes -fPIC.
function(moec_precompile target)
  set(from MoecPrecompiled ${ARGN})
  list(GET from -1 from)
  target_precompile_headers(${target} REUSE_FROM ${from})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

# moec_add_dialect(Name namespace): TableGen of <Name>Dialect.td, …Ops.td, …Types.td, …Attrs.td in the
# current include folder, as far as they exist. Target: Moec<Name>IncGen.
function(moec_tablegen_dialect name namespace)
  set(generated)
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls)
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs)
  mlir_tablegen(${name}Types.h.inc -gen-typedef-decls -typedefs-dialect=${namespace})
  mlir_tablegen(${name}Types.cpp.inc -gen-typedef-defs -typedefs-dialect=${namespace})
  mlir_tablegen(${name}Attrs.h.inc -gen-attrdef-decls -attrdefs-dialect=${namespace})
  mlir_tablegen(${name}Attrs.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${namespace})
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${namespace})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${namespace})
  # Enums are not filtered by dialect, so they come from a file that includes no other dialect's.
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}Attrs.td)
    set(LLVM_TARGET_DEFINITIONS ${name}Attrs.td)
  endif()
  mlir_tablegen(${name}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs)
  add_public_tablegen_target(Moec${name}IncGen)
  set_property(GLOBAL APPEND PROPERTY MOEC_TABLEGEN_TARGETS Moec${name}IncGen)
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  moec_tablegen_reference(${namespace}.md -gen-dialect-doc -dialect=${namespace})
endfunction()

# moec_tablegen_reference(FILE arguments...): a page of the reference, made of LLVM_TARGET_DEFINITIONS; in docs/reference
# of the build folder once `moec-docs` is built.
function(moec_tablegen_reference file)
  tablegen(MLIR reference-${file} ${ARGN} -I ${CMAKE_CURRENT_SOURCE_DIR})
  set(page ${CMAKE_BINARY_DIR}/docs/reference/${file})
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_BINARY_DIR}/reference-${file} ${page}
    DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/reference-${file})
  add_custom_target(MoecReference-${file} DEPENDS ${page})
  add_dependencies(moec-docs MoecReference-${file})
endfunction()

# moec_tablegen_passes(Name): pass declarations from Passes.td. Target: Moec<Name>PassIncGen.
function(moec_tablegen_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name})
  add_public_tablegen_target(Moec${name}PassIncGen)
  set_property(GLOBAL APPEND PROPERTY MOEC_TABLEGEN_TARGETS Moec${name}PassIncGen)
  string(TOLOWER ${name} lower)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  moec_tablegen_reference(${lower}-passes.md -gen-pass-doc)
endfunction()

# moec_register_target(Name LIBRARY): called by targets/<x>/codegen; LIBRARY defines
# `void moec::register<Name>Target(TargetRegistry &)`. Of an example, where MOEC_EXAMPLE is set, the compiler does not
# learn, so that nobody compiles a model for it by accident.
function(moec_register_target name library)
  if(MOEC_EXAMPLE)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY MOEC_CODEGEN_TARGETS ${name})
  set_property(GLOBAL APPEND PROPERTY MOEC_CODEGEN_LIBRARIES ${library})
endfunction()

# moec_add_all_targets(LIBRARY): a library with registerAllTargets(), which calls every registered machine.
function(moec_add_all_targets library)
  get_property(names GLOBAL PROPERTY MOEC_CODEGEN_TARGETS)
  get_property(libraries GLOBAL PROPERTY MOEC_CODEGEN_LIBRARIES)
  set(text "// Generated: one call for each folder of targets/.\n#include \"moec/Target/Target.h\"\nnamespace moec {\n")
  foreach(name ${names})
    string(APPEND text "void register${name}Target(TargetRegistry &registry);\n")
  endforeach()
  string(APPEND text "void registerAllTargets(TargetRegistry &registry) {\n")
  foreach(name ${names})
    string(APPEND text "  register${name}Target(registry);\n")
  endforeach()
  string(APPEND text "}\n} // namespace moec\n")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/AllTargets.cpp CONTENT "${text}" @ONLY)
  moec_add_mlir_library(${library} ${CMAKE_CURRENT_BINARY_DIR}/AllTargets.cpp LINK MoecTarget ${libraries})
endfunction()

# moec_add_device(NAME KIND kind TARGETS targets... [HARDWARE] SOURCES files... LINK libraries...): a
# machine's runtime half as a plugin beside the device manifest. HARDWARE: it opens only on machines
# that have the hardware. An example has a manifest of its own, in the build folder's examples/device.
function(moec_add_device name)
  cmake_parse_arguments(ARG "HARDWARE" "KIND" "TARGETS;SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  set(folder $<IF:$<BOOL:${MOEC_EXAMPLE}>,examples/device,lib/moec>)
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${folder})
  if(ARG_HARDWARE)
    set(hardware HARDWARE)
  endif()
  moec_add_device_kind(${name} KIND ${ARG_KIND} TARGETS ${ARG_TARGETS} ${hardware})
endfunction()

# moec_add_device_kind(NAME KIND kind TARGETS targets... [HARDWARE] [BY_NAME] [DRIVER file]): one more entry of
# the manifest for the plugin NAME, with a driver of its own, relative to the manifest's folder; with BY_NAME only
# for who asks for it.
function(moec_add_device_kind name)
  cmake_parse_arguments(ARG "HARDWARE;BY_NAME" "KIND;DRIVER" "TARGETS" ${ARGN})
  list(JOIN ARG_TARGETS "\", \"" targets)
  set(entry "\"kind\": \"${ARG_KIND}\", \"targets\": [\"${targets}\"], ")
  string(APPEND entry "\"library\": \"${name}${CMAKE_SHARED_MODULE_SUFFIX}\"")
  if(ARG_DRIVER)
    string(APPEND entry ", \"driver\": \"${ARG_DRIVER}\"")
  endif()
  if(ARG_BY_NAME)
    string(APPEND entry ", \"by_name\": true")
  endif()
  if(MOEC_EXAMPLE)
    moec_write_manifest(examples/device "    {${entry}}")
    return()
  endif()
  add_dependencies(MoecDevices ${name})
  set_property(GLOBAL APPEND PROPERTY MOEC_DEVICE_ENTRIES "    {${entry}}")
  if(NOT ARG_HARDWARE)
    set_property(GLOBAL APPEND PROPERTY MOEC_DEVICES_ANYWHERE ${ARG_KIND})
  endif()
endfunction()

# moec_write_manifest(FOLDER entries...): devices.json in a folder of the build.
function(moec_write_manifest folder)
  list(JOIN ARGN ",\n" entries)
  file(WRITE ${CMAKE_BINARY_DIR}/${folder}/devices.json
    "{\n  \"version\": 1,\n  \"devices\": [\n${entries}\n  ]\n}\n")
endfunction()

# moec_write_device_manifest(): lib/moec/devices.json, which lists every moec_add_device so far.
function(moec_write_device_manifest)
  get_property(entries GLOBAL PROPERTY MOEC_DEVICE_ENTRIES)
  moec_write_manifest(lib/moec ${entries})
endfunction()
