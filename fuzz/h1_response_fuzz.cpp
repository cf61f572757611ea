/// Fuzzes H1ResponseParser. The first bytes of an input choose the request's method and where the rest is cut; the rest
/// is what a server sends, which then closes.
///
/// Properties: cutting changes nothing, an accepted head holds no character that would break another message, and
/// nothing crashes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "http/grammar.hpp"
#include "http/h1_response_table.hpp"

namespace peko::http {
namespace {

constexpr std::size_t kChoiceBytes = 5;

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

void check_fields(Fields fields) {
  PEKO_ASSERT(fields.size() <= response_table_limits().field_count_max, "fields are counted");
  for (const Field& field : fields) {
    PEKO_ASSERT(is_token(field.name) && all(kValueChar, field.value), "fields can be written as they are");
    PEKO_ASSERT(std::ranges::none_of(field.name, [](char c) { return c >= 'A' && c <= 'Z'; }), "names are lower case");
    PEKO_ASSERT(!is_hop_by_hop(field.name), "fields of the hop are gone");
  }
}

/// What everything above the parser relies on, when the bytes come at once.
void check_parts(std::string_view method, std::string_view bytes) {
  H1ResponseParser parser(response_table_limits(), method);
  std::string input(bytes);
  while (parser.state() != H1ResponseParser::State::Complete) {
    const ParseStep step = parser.feed(input);
    if (step.event == ParseEvent::HeadDone) {
      const ResponseHead& head = parser.head();
      PEKO_ASSERT(head.status >= 200 && head.status <= 999, "a final status has three digits");
      check_fields(head.fields);
      PEKO_ASSERT(std::ranges::count(head.fields, "content-length", &Field::name) <= 1, "one length at most");
    }
    PEKO_ASSERT(step.consumed <= input.size(), "what is consumed was there");
    input.erase(0, step.consumed);
    if (step.event == ParseEvent::NeedMore || step.event == ParseEvent::Rejected) return;
  }
  check_fields(parser.trailers());
}

void check(std::string_view input) {
  const std::string_view choice = input.substr(0, std::min(kChoiceBytes, input.size()));
  const std::string_view bytes = input.substr(choice.size());
  const std::string_view method = choice.starts_with('H') ? "HEAD" : "GET";
  const Limits& limits = response_table_limits();
  const std::string whole = transcribe_response(method, bytes, {}, limits);
  const auto cuts = chosen_cuts(choice.substr(std::min<std::size_t>(1, choice.size())), bytes.size());
  PEKO_ASSERT(transcribe_response(method, bytes, cuts, limits) == whole,
              "what a server says does not depend on how it arrives");
  check_parts(method, bytes);
}

}  // namespace
}  // namespace peko::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: bytes may be read as characters.
  peko::http::check(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
