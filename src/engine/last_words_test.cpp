#include "engine/last_words.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace peko::engine {
namespace {

std::string reason_of(std::string_view text) {
  LastWords words;
  for (const std::string_view line : split(text, '\n')) words.add(line);
  return words.reason();
}

TEST(LastWords, HaveTheReasonOfEachLanguage) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"thread '<unnamed>' (1) panicked at src/main.rs:12:5:\nindex out of bounds: the len is 3 but the index is 7\n"
       "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
       "panicked at src/main.rs:12:5: index out of bounds: the len is 3 but the index is 7"},
      {"thread 'main' panicked at 'oh no', src/main.rs:1:2", "panicked at 'oh no', src/main.rs:1:2"},
      {"panicked at src/main.rs:12:5:", "panicked at src/main.rs:12:5: "},
      {"starting\nUncaught TypeError: x is undefined\n    at handler (app.js:3:7)\n    at main (app.js:9:1)",
       "Uncaught TypeError: x is undefined"},
      {"Redirecting call to abort()\nAssertion failed: n > 0 (stock.c: take: 12)",
       "Assertion failed: n > 0 (stock.c: take: 12)"},
      {"Error: no stock\nStack:\n  take@file:///app.js:3:7\n", "Error: no stock"},
      {"loading\nready\n\n", "ready"},
      {"note: nothing but a note", ""},
  };
  for (const auto& [text, reason] : rows) EXPECT_EQ(reason_of(text), reason) << text;
}

TEST(LastWords, AreBounded) {
  LastWords words;
  for (int i = 0; i < 10'000; i++) words.add(std::string(10'000, 'x'));
  words.add("the end");
  EXPECT_EQ(words.reason(), "the end");
  words.add(std::string(10'000, 'y'));
  EXPECT_EQ(words.reason(), std::string(LastWords::kLineBytesMax, 'y'));
  words.clear();
  EXPECT_EQ(words.reason(), "");
}

}  // namespace
}  // namespace peko::engine
