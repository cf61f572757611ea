/// Writes the rows of the parser's table as files, the seeds of the fuzzer: h1_parser_corpus DIRECTORY.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "http/h1_parser_table.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: h1_parser_corpus DIRECTORY\n");
    return 2;
  }
  for (const peko::http::ParserRow& row : peko::http::parser_table()) {
    std::string name;
    for (const char c : row.name) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (plain || (!name.empty() && name.back() != '-')) name += plain ? c : '-';
    }
    std::ofstream file(std::filesystem::path(argv[1]) / name, std::ios::binary);
    // Four bytes that choose the cuts, then what the client sends.
    file << "\x10\x10\x10\x10" << row.bytes;
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s/%s\n", argv[1], name.c_str());
      return 1;
    }
  }
  return 0;
}
