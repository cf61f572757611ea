# peko_room(<name> SOURCES ... [TESTS ...] [DEPENDS <room>...] [LIBRARIES <target>...] [PRIVATE_LIBRARIES <target>...]
#           [TEST_LIBRARIES <target>...])
#
# Declares the room src/<name>/: a static library peko_<name>, its unit tests (one program,
# <name>_test, registered test by test) and the rooms it may include. DEPENDS is the truth that
# tools/tidy checks every #include against; a room may name only rooms declared before it, so the
# order in src/CMakeLists.txt is the order of the layers.
function(peko_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;TESTS;DEPENDS;LIBRARIES;PRIVATE_LIBRARIES;TEST_LIBRARIES" ${ARGN})
  foreach(dep IN LISTS ROOM_DEPENDS)
    if(NOT TARGET peko_${dep})
      message(FATAL_ERROR "room ${name} depends on ${dep}, which is not declared before it")
    endif()
  endforeach()
  list(TRANSFORM ROOM_DEPENDS PREPEND peko_ OUTPUT_VARIABLE dep_targets)
  list(JOIN ROOM_DEPENDS " " dep_names)

  add_library(peko_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(peko_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(peko_${name}
    PUBLIC peko_options ${dep_targets} ${ROOM_LIBRARIES}
    PRIVATE ${ROOM_PRIVATE_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY PEKO_ROOMS "${name}: ${dep_names}")

  if(ROOM_TESTS)
    add_executable(${name}_test ${ROOM_TESTS})
    target_link_libraries(${name}_test PRIVATE peko_${name} GTest::gtest_main GTest::gmock ${ROOM_TEST_LIBRARIES})
    if(PEKO_LTO)
      # The code is optimised when it is compiled; a test does not pay for more at each link.
      target_link_options(${name}_test PRIVATE -Wl,--lto-O0)
    endif()
    # PEKO_GUESTS: where tests/guests/build.sh puts the components that tests run.
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
      PROPERTIES TIMEOUT 120 LABELS unit ENVIRONMENT "PEKO_GUESTS=${CMAKE_SOURCE_DIR}/build/guests")
  endif()
endfunction()
