/// TestHome: a home folder for a test, gone with it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "cloud/environment.hpp"

namespace peko::cloud {

class TestHome {
 public:
  TestHome() {
    std::string name = testing::TempDir() + "peko-home-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TestHome() { std::filesystem::remove_all(path_); }
  TestHome(const TestHome&) = delete;
  TestHome& operator=(const TestHome&) = delete;

  [[nodiscard]] std::string path(std::string_view inside) const { return (path_ / inside).string(); }
  /// Writes a file; its path.
  std::string write(std::string_view inside, std::string_view text) const {
    std::filesystem::create_directories((path_ / inside).parent_path());
    std::ofstream(path_ / inside, std::ios::binary) << text;
    return path(inside);
  }
  /// An environment with this HOME and the variables besides.
  [[nodiscard]] Environment environment(Environment besides = {}) const {
    besides.emplace("HOME", path_.string());
    return besides;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace peko::cloud
