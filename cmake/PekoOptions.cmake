# Language level, warnings, sanitizers and link options of every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "Peko is built with clang-19 (use a preset: cmake --preset dev)")
endif()

find_program(PEKO_CCACHE ccache)
if(PEKO_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PEKO_CCACHE})
endif()

add_library(peko_options INTERFACE)
target_compile_options(peko_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough -Wextra-semi -Wno-missing-field-initializers)
if(PEKO_WERROR)
  target_compile_options(peko_options INTERFACE -Werror)
endif()
# Cheap checks of the standard library (an index out of range, an empty optional) are on in every build.
target_compile_definitions(peko_options INTERFACE _GLIBCXX_ASSERTIONS)

if(PEKO_SANITIZE)
  target_compile_options(peko_options INTERFACE
    -fsanitize=${PEKO_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(peko_options INTERFACE -fsanitize=${PEKO_SANITIZE})
  # Compiled into every program: the sanitizers' options.
  target_sources(peko_options INTERFACE
    "$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${CMAKE_CURRENT_LIST_DIR}/sanitizers.cpp>")
endif()

# A server meets hostile input: what the compiler and the linker can add for next to nothing.
target_compile_options(peko_options INTERFACE -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(peko_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
include(CheckPIESupported)
check_pie_supported()
target_link_options(peko_options INTERFACE -Wl,-z,relro,-z,now)

target_link_options(peko_options INTERFACE -fuse-ld=lld-19 -Wl,--gc-sections -Wl,--as-needed)
target_compile_options(peko_options INTERFACE -ffunction-sections -fdata-sections)
if(PEKO_LTO)
  # Thin: most of the gain at a fraction of the time; its cache keeps a second link short. The bridge is native code
  # already and is linked as it is.
  target_compile_options(peko_options INTERFACE -flto=thin)
  target_link_options(peko_options INTERFACE -flto=thin "-Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache")
endif()
