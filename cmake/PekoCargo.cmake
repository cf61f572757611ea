# The Rust side: cargo builds bridge/ into PEKO_CARGO_DIR; the imported target peko_bridge carries the
# static library, its header and the system libraries that rustc names for it
# (rustc --print native-static-libs).
find_program(PEKO_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin" REQUIRED)

# "dist" optimises across crates and for the CPUs that compiled functions need anyway: minutes to build, for less CPU time a
# request (docs/decisions/0001-bridge.md).
set(PEKO_BRIDGE_PROFILE "release" CACHE STRING "Cargo profile of the bridge: release or dist")
set(PEKO_RUSTFLAGS "")
if(PEKO_BRIDGE_PROFILE STREQUAL "dist" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(PEKO_RUSTFLAGS "-C target-cpu=x86-64-v3")
endif()
set(PEKO_BRIDGE_LIB "${PEKO_CARGO_DIR}/${PEKO_BRIDGE_PROFILE}/libpeko_bridge.a")
file(GLOB_RECURSE PEKO_BRIDGE_INPUTS CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bridge/src/*.rs"
  "${CMAKE_SOURCE_DIR}/bridge/wit/*.wit")
add_custom_command(
  OUTPUT "${PEKO_BRIDGE_LIB}"
  COMMAND "${CMAKE_COMMAND}" -E env "CARGO_TARGET_DIR=${PEKO_CARGO_DIR}" "RUSTFLAGS=${PEKO_RUSTFLAGS}"
          "${PEKO_CARGO}" rustc --profile "${PEKO_BRIDGE_PROFILE}" --locked --lib --crate-type staticlib
          --manifest-path "${CMAKE_SOURCE_DIR}/bridge/Cargo.toml"
  DEPENDS ${PEKO_BRIDGE_INPUTS}
          "${CMAKE_SOURCE_DIR}/bridge/build.rs"
          "${CMAKE_SOURCE_DIR}/bridge/Cargo.toml"
          "${CMAKE_SOURCE_DIR}/bridge/Cargo.lock"
  COMMENT "cargo: the bridge around wasmtime"
  USES_TERMINAL VERBATIM)
add_custom_target(peko_bridge_build DEPENDS "${PEKO_BRIDGE_LIB}")
add_library(peko_bridge INTERFACE)
add_dependencies(peko_bridge peko_bridge_build)
target_include_directories(peko_bridge INTERFACE "${CMAKE_SOURCE_DIR}/bridge/include")
target_link_libraries(peko_bridge INTERFACE "${PEKO_BRIDGE_LIB}" Threads::Threads dl m gcc_s rt util)
