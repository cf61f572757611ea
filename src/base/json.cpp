#include "base/json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/control.hpp"

namespace peko {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Whether one of eight bytes needs a look: a control character, '"', '\\' or not ASCII ("determine if a word has a byte
// less than n", Bit Twiddling Hacks). May only be asked, not located.
bool needs_care(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
  const auto below = [&](std::uint64_t w, std::uint64_t n) { return (w - kOnes * n) & ~w & kHighs; };
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t deletes = word ^ (kOnes * 0x7f);
  return ((word & kHighs) | below(word, 0x20) | below(quote, 1) | below(backslash, 1) | below(deletes, 1)) != 0;
}

bool plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

template <typename Word>
Word load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// How many bytes at the start of `text` are plain. Most texts are all plain, and short.
std::size_t plain_length(std::string_view text) {
  const std::size_t size = text.size();
  std::size_t n = 0;
  while (n + 8 <= size && !needs_care(load<std::uint64_t>(text.data() + n))) n += 8;
  // The last bytes, by words that overlap what is known already.
  if (n + 8 > size && size >= 4) {
    const char* const end = text.data() + size;
    const std::uint64_t rest =
        size >= 8 ? load<std::uint64_t>(end - 8)
                  : std::uint64_t{load<std::uint32_t>(end - 4)} << 32U | load<std::uint32_t>(text.data());
    if (!needs_care(rest)) return size;
  }
  while (n < text.size() && plain(static_cast<unsigned char>(text[n]))) ++n;
  return n;
}

// The length of the UTF-8 sequence of several bytes at the start of `text`, or 0 when it is none (RFC 3629, section 4).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto in = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
  const auto tail = [&](std::size_t i) { return in(byte(i), 0x80, 0xbf); };
  const unsigned first = byte(0);
  if (in(first, 0xc2, 0xdf)) return tail(1) ? 2 : 0;
  if (in(first, 0xe0, 0xef)) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;   // no longer form than needed
    const unsigned high = first == 0xed ? 0x9f : 0xbf;  // no surrogates
    return in(byte(1), low, high) && tail(2) ? 3 : 0;
  }
  if (in(first, 0xf0, 0xf4)) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;  // no more than U+10FFFF
    return in(byte(1), low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += kHexDigits[c >> 4U];
  out += kHexDigits[c & 15U];
}

template <typename Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t n = plain_length(text);
    out += text.substr(0, n);
    text.remove_prefix(n);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (c < 0x80) {
      append_escaped(out, c);
    } else if (const std::size_t control = control_at(text); control == 2) {
      append_escaped(out, static_cast<unsigned char>(text[1]));  // C1: the second byte is the number of the character
      taken = control;
    } else if (const std::size_t length = sequence_length(text); length != 0) {
      out += text.substr(0, length);
      taken = length;
    } else {
      out += "\xef\xbf\xbd";
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

void append_json_number(std::string& out, std::int64_t value) { append_number(out, value); }

void append_json_number(std::string& out, std::uint64_t value) { append_number(out, value); }

void append_json_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_number(out, value);
  } else {
    out += "null";
  }
}

void append_json_number(std::string& out, Thousandths value) {
  append_number(out, value.count / 1000);
  auto rest = static_cast<unsigned>(value.count % 1000);
  if (rest == 0) return;
  std::array<char, 4> decimals{'.'};
  for (std::size_t i = decimals.size(); --i > 0; rest /= 10) decimals[i] = static_cast<char>('0' + rest % 10);
  const std::string_view text(decimals.data(), decimals.size());
  out += text.substr(0, text.find_last_not_of('0') + 1);
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::literal(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

}  // namespace peko
