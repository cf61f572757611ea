#include <cstring>

#include "http/field_reader.hpp"
#include "http/head_reader.hpp"

namespace peko::http {
namespace {

// Beast reads fields only as part of a head; the shortest request line is as long as the shortest status line, over
// whose end it is written.
constexpr std::string_view kAnyRequestLine = "G / HTTP/1.1\r\n";

class ResponseReader final : public MessageReader {
 public:
  using MessageReader::MessageReader;

  /// What read() found, checked.
  std::optional<Refusal> conclude(std::string_view method, StatusLine line, ResponseFacts& facts) {
    drop_nominated();
    facts.status = line.status;
    facts.keep_alive = keeps_connection(line.version);
    if (const auto refusal = conclude_framing(line.version, facts.framing)) return refusal;
    const bool bodiless = line.status < 200 || line.status == 204 || line.status == 304 || method == "HEAD";
    if (bodiless) {
      // A server that announces a body where none may be cannot be trusted to send none.
      const bool announced = facts.framing.end == BodyEnd::Chunked || facts.framing.content_length.value_or(0) > 0;
      if (announced && (line.status < 200 || line.status == 204)) facts.keep_alive = false;
      facts.framing = {};
    } else if (facts.framing.end == BodyEnd::None) {
      facts.framing.end = BodyEnd::UntilClose;
      facts.keep_alive = false;
    }
    return std::nullopt;
  }

 private:
  void on_field_impl(BeastField id, BeastString name, BeastString value, BeastError& error) override {
    take(id, name, value, error);
  }
};

}  // namespace

std::optional<Refusal> read_response_head(std::span<char> text, std::string_view method, ResponseFacts& facts,
                                          std::vector<Field>& fields) {
  fields.clear();
  const std::string_view whole(text.data(), text.size());
  const std::size_t line_bytes = whole.find("\r\n");
  const auto line = parse_status_line(whole.substr(0, line_bytes));
  if (!line) return bad("malformed status line");
  const std::span<char> rest = text.subspan(line_bytes + 2 - kAnyRequestLine.size());
  std::memcpy(rest.data(), kAnyRequestLine.data(), kAnyRequestLine.size());
  ResponseReader reader(rest, fields);
  if (const auto refusal = reader.read()) return refusal;
  return reader.conclude(method, *line, facts);
}

}  // namespace peko::http
