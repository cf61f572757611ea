#include "edge/live_exchange.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "edge/dev_pages.hpp"

namespace peko::edge {

namespace {

bool is_whole(unsigned status) {
  return status >= 200 && status != 204 && status != 205 && status != 206 && status != 304;
}

bool is_html(std::string_view type) { return http::iequals(trim(type.substr(0, type.find(';'))), "text/html"); }

// Whether it is a page that a browser will show as it is.
bool is_page(const http::ResponseHead& head) {
  if (!is_whole(head.status)) return false;
  bool html = false;
  for (const http::Field& field : head.fields) {
    const auto is = [&field](std::string_view name) { return http::iequals(field.name, name); };
    if (is("content-type")) html = is_html(field.value);
    if (is("content-encoding") || is("content-range")) return false;
    if (is("content-disposition") && lower_case(field.value).starts_with("attachment")) return false;
    if (is(kLiveReloadField) && http::iequals(trim(field.value), "off")) return false;
  }
  return html;
}

// Null: not a number.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// With them a browser asks whether its page is still the one that the function has made: "not modified" would bring
// back what was added to an older one.
bool names_a_state(std::string_view name) {
  return http::iequals(name, "etag") || http::iequals(name, "last-modified");
}

}  // namespace

void LiveExchange::send_head(const http::ResponseHead& head) {
  adds_ = is_page(head);
  std::vector<http::Field> fields;
  std::deque<std::string> lengths;  // nobody keeps a guest from naming several: each stays where it is
  for (const http::Field& field : head.fields) {
    if (http::iequals(field.name, kLiveReloadField) || (adds_ && names_a_state(field.name))) continue;
    fields.push_back(field);
    if (!adds_ || !http::iequals(field.name, "content-length")) continue;
    if (const auto number = number_in(field.value)) {
      fields.back().value = lengths.emplace_back(std::to_string(*number + tag_.size()));
    }
  }
  below_.send_head({.status = head.status, .fields = fields});
}

bool LiveExchange::finish(http::Fields trailers) {
  if (adds_) below_.write(http::Chunk::of(std::move(tag_)));
  const bool clean = below_.finish(trailers);
  leave();
  return clean;
}

void LiveExchange::abort() {
  below_.abort();
  leave();
}

// Ends this object.
void LiveExchange::leave() {
  const auto place = std::ranges::find(owners_, this, [](const LiveExchange& each) { return &each; });
  PEKO_ASSERT(place != owners_.end(), "it is in the list that it was made in");
  owners_.erase(place);
}

}  // namespace peko::edge
