/// Writing JSON (RFC 8259) at the end of a string: log lines, --json output, error bodies. Reading is Boost.JSON's
/// business.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace peko {

/// Appends `text` in quotes. Any bytes are welcome: control characters are escaped (those from U+007F to U+009F, too),
/// each byte that is not part of valid UTF-8 becomes U+FFFD, so what comes out is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// A number with three decimals at most: microseconds as milliseconds. Cheaper than a double.
struct Thousandths {
  std::uint64_t count = 0;
};

/// Appends a decimal number; the shortest that reads back as the same double. Not-a-number and infinities become null.
void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, std::uint64_t value);
void append_json_number(std::string& out, double value);
void append_json_number(std::string& out, Thousandths value);

/// Writes objects and arrays, putting the commas. Begins and ends must match: that is the caller's care.
///
///   JsonWriter json(line);
///   json.begin_object();
///   json.key("status").value(200);
///   json.key("tags").begin_array().value("a").value("b").end_array();
///   json.end_object();
class JsonWriter {
 public:
  /// Appends to `out`, which outlives the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  /// The name of the next value.
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  template <std::same_as<bool> Bool>
  JsonWriter& value(Bool truth) {
    return literal(truth ? "true" : "false");
  }
  template <std::signed_integral Integer>
  JsonWriter& value(Integer number) {
    return number_value(static_cast<std::int64_t>(number));
  }
  template <std::unsigned_integral Integer>
    requires(!std::same_as<Integer, bool>)
  JsonWriter& value(Integer number) {
    return number_value(static_cast<std::uint64_t>(number));
  }
  JsonWriter& value(double number) { return number_value(number); }
  JsonWriter& value(Thousandths number) { return number_value(number); }
  JsonWriter& null() { return literal("null"); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& literal(std::string_view text);
  template <typename Number>
  JsonWriter& number_value(Number number) {
    separate();
    append_json_number(out_, number);
    return *this;
  }
  /// Puts the comma before a value or key that is not the first, and remembers that one was written.
  void separate();

  std::string& out_;
  bool comma_ = false;
};

}  // namespace peko
