# Libraries from Debian; docs/dependencies.md gives the reason for each.
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL 7.87 REQUIRED)
find_package(fmt REQUIRED)
find_package(pugixml 1.13 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(ZLIB REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json)

# toml++ is used as headers alone: Debian's shared library is built with exceptions, Peko parses without.
find_path(PEKO_TOML_INCLUDE toml++/toml.h REQUIRED)
find_library(PEKO_SECCOMP seccomp REQUIRED)
find_library(PEKO_BROTLI_ENCODER brotlienc REQUIRED)

# Foreign headers never meet our warnings.
foreach(lib Boost::headers Boost::json fmt::fmt pugixml::pugixml SQLite::SQLite3 CLI11::CLI11 GTest::gtest GTest::gmock)
  if(TARGET ${lib})
    get_target_property(dirs ${lib} INTERFACE_INCLUDE_DIRECTORIES)
    if(dirs)
      set_target_properties(${lib} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${dirs}")
    endif()
  endif()
endforeach()
