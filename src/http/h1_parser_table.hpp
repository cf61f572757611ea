/// The table of hostile and odd inputs that pins down what H1Parser accepts. Tests run it; the fuzzer starts from it.
#pragma once

#include <string>
#include <vector>

#include "http/limits.hpp"

namespace peko::http {

struct ParserRow {
  std::string name;
  std::string bytes;
  std::string expected;  ///< as transcribe() writes it
};

/// Limits small enough for rows that cross them: a head of 512 bytes, 8 fields, a target of 64 bytes.
Limits parser_table_limits();

const std::vector<ParserRow>& parser_table();

}  // namespace peko::http
