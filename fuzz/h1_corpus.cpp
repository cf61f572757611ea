/// Writes the rows of the parsers' tables as files, the seeds of the fuzzers: h1_corpus DIRECTORY, which has a
/// directory for each.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "http/h1_parser_table.hpp"
#include "http/h1_response_table.hpp"

namespace {

std::string file_name(std::string_view row) {
  std::string name;
  for (const char c : row) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || (!name.empty() && name.back() != '-')) name += plain ? c : '-';
  }
  return name;
}

/// `choice`: bytes that choose the cuts, and whatever else the fuzzer chooses.
bool write(const std::filesystem::path& path, std::string_view choice, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file << choice << bytes;
  if (file.flush()) return true;
  std::fprintf(stderr, "cannot write %s\n", path.c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: h1_corpus DIRECTORY\n");
    return 2;
  }
  const std::filesystem::path directory(argv[1]);
  for (const peko::http::ParserRow& row : peko::http::parser_table()) {
    if (!write(directory / "h1_parser" / file_name(row.name), "\x10\x10\x10\x10", row.bytes)) return 1;
  }
  for (const peko::http::ResponseRow& row : peko::http::response_table()) {
    const std::string choice = row.method.substr(0, 1) + "\x10\x10\x10\x10";
    if (!write(directory / "h1_response" / file_name(row.name), choice, row.bytes)) return 1;
  }
  return 0;
}
