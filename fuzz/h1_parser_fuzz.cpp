/// Fuzzes H1Parser. The first bytes of an input choose where the rest is cut; the rest is what a client sends.
///
/// Properties: cutting changes nothing, an accepted head keeps what message.hpp promises, and nothing crashes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "http/grammar.hpp"
#include "http/h1_parser_table.hpp"
#include "http/h1_transcript.hpp"

namespace peko::http {
namespace {

constexpr std::size_t kCutBytes = 4;

/// Ascending offsets below `size`, made of the fuzzer's bytes.
std::vector<std::size_t> chosen_cuts(std::string_view choice, std::size_t size) {
  std::vector<std::size_t> cuts;
  std::size_t at = 0;
  for (const char c : choice) {
    at += static_cast<unsigned char>(c);
    if (at < size) cuts.push_back(at);
  }
  return cuts;
}

bool is_lower_token(std::string_view name) {
  return is_token(name) && std::ranges::all_of(name, [](char c) { return to_lower(c) == c; });
}

/// What everything above the codec relies on.
void check_head(const H1Parser& parser) {
  const RequestHead& head = parser.head();
  const Limits limits = parser_table_limits();
  PEKO_ASSERT(is_token(head.method) && head.method.size() <= kMethodBytesMax, "a method is a short token");
  PEKO_ASSERT(head.method != "CONNECT", "CONNECT is refused");
  if (head.target == "*") {
    PEKO_ASSERT(head.method == "OPTIONS", "* is for OPTIONS");
  } else {
    PEKO_ASSERT(head.target.starts_with('/') && is_path_and_query(head.target), "a target is in origin form");
  }
  PEKO_ASSERT(head.target.size() <= limits.target_bytes_max, "a target is bounded");
  PEKO_ASSERT(!head.authority.empty() || head.version == Version::Http10, "HTTP/1.1 has an authority");
  PEKO_ASSERT(head.authority.empty() || parse_authority(head.authority) == head.authority,
              "an authority is well-formed");
  PEKO_ASSERT(head.fields.size() <= limits.field_count_max, "fields are counted");
  for (const Field& field : head.fields) {
    PEKO_ASSERT(is_lower_token(field.name), "names are lower-case tokens");
    PEKO_ASSERT(all(kValueChar, field.value), "values hold no control characters");
    PEKO_ASSERT(!is_hop_by_hop(field.name) && field.name != "host" && field.name != "expect",
                "fields of the hop are gone");
    PEKO_ASSERT(field.name != "content-length" || parse_digits(field.value) == head.body_length,
                "the length is the one that is used");
  }
  PEKO_ASSERT(std::ranges::count(head.fields, "content-length", &Field::name) <= 1, "one length at most");
  PEKO_ASSERT(head.body_length || head.version == Version::Http11, "HTTP/1.0 has no chunks");
  PEKO_ASSERT(!parser.expects_continue() || head.body_length != 0, "only a body is waited for");
}

void check(std::string_view input) {
  const std::string_view choice = input.substr(0, std::min(kCutBytes, input.size()));
  const std::string_view bytes = input.substr(choice.size());
  const Limits limits = parser_table_limits();
  const std::string whole = transcribe(bytes, {}, limits, check_head);
  const std::string cut = transcribe(bytes, chosen_cuts(choice, bytes.size()), limits, check_head);
  PEKO_ASSERT(whole == cut, "what a client says does not depend on how it arrives");
}

}  // namespace
}  // namespace peko::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: bytes may be read as characters.
  peko::http::check(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
