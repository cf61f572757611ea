#include "code/source_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <filesystem>
#include <utility>

namespace peko::code {
namespace {

/// A number of base64 digits, the lowest five bits first, the sign in the lowest of them.
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kValues = [] {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values.at(static_cast<unsigned char>(kDigits[i])) = static_cast<int>(i);
  }
  return values;
}();

/// The number at the end of "a:12", which is cut off.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  text = text.substr(0, colon);
  return number;
}

std::unexpected<Error> invalid(std::string_view why) {
  return fail(Code::Invalid, fmt::format("no source map: {}", why));
}

/// The map's object, which has an array "sources" and a string "mappings".
Result<boost::json::object> parse_fields(std::string_view json) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(json, error);
  if (error) return invalid(error.message());
  boost::json::object* fields = value.if_object();
  if (fields == nullptr) return invalid("no object");
  const boost::json::value* version = fields->if_contains("version");
  if (version == nullptr || *version != 3) return invalid("its version is not 3");
  const boost::json::value* sources = fields->if_contains("sources");
  const boost::json::value* mappings = fields->if_contains("mappings");
  if (sources == nullptr || !sources->is_array() || mappings == nullptr || !mappings->is_string()) {
    return invalid("it has no sources or no mappings");
  }
  return std::move(*fields);
}

}  // namespace

std::size_t SourceMap::bytes() const {
  std::size_t bytes = segments_.capacity() * sizeof(Segment) + sources_.capacity() * sizeof(std::string);
  for (const std::string& source : sources_) bytes += source.capacity();
  return bytes;
}

Result<std::string> compact_source_map(std::string_view json) {
  Result<boost::json::object> fields = parse_fields(json);
  if (!fields) return fail(std::move(fields.error()));
  const boost::json::object kept = {
      {"version", 3}, {"sources", std::move(fields->at("sources"))}, {"mappings", std::move(fields->at("mappings"))}};
  return boost::json::serialize(kept);
}

/// Reads the field "mappings": lines end at ';', segments at ','; each number is a difference.
class SourceMap::Reader {
 public:
  Reader(std::string_view text, SourceMap& map) : rest_(text), map_(map) {}

  bool read() {
    while (!rest_.empty()) {
      const char next = rest_.front();
      if (next == ';' || next == ',') {
        rest_.remove_prefix(1);
        if (next == ';') {
          ++line_;
          column_ = 0;
        }
      } else if (!segment()) {
        return false;
      }
    }
    return true;
  }

 private:
  bool segment() {
    std::array<std::int64_t*, 5> fields = {&column_, &source_, &source_line_, &source_column_, &name_};
    std::size_t count = 0;
    while (!rest_.empty() && rest_.front() != ',' && rest_.front() != ';') {
      const auto difference = number();
      if (!difference || count == fields.size()) return false;
      std::int64_t& field = *fields.at(count++);
      field += *difference;
      if (field < 0 || field >= UINT32_MAX) return false;
    }
    if (count != 1 && count < 4) return false;
    if (count > 1 && std::cmp_greater_equal(source_, map_.sources_.size())) return false;
    if (map_.segments_.size() == kPlacesMax) return false;
    map_.segments_.push_back({.line = line_,
                              .column = static_cast<std::uint32_t>(column_),
                              .source = count == 1 ? kNoSource : static_cast<std::uint32_t>(source_),
                              .source_line = static_cast<std::uint32_t>(source_line_),
                              .source_column = static_cast<std::uint32_t>(source_column_)});
    return true;
  }

  std::optional<std::int64_t> number() {
    std::int64_t value = 0;
    for (int shift = 0; shift < 35 && !rest_.empty(); shift += 5) {
      const int digit = kValues.at(static_cast<unsigned char>(rest_.front()));
      if (digit < 0) return std::nullopt;
      rest_.remove_prefix(1);
      value |= static_cast<std::int64_t>(digit & 31) << shift;
      if ((digit & 32) == 0) return (value & 1) != 0 ? -(value >> 1) : value >> 1;
    }
    return std::nullopt;
  }

  std::string_view rest_;
  SourceMap& map_;
  std::uint32_t line_ = 0;
  std::int64_t column_ = 0;
  std::int64_t source_ = 0;
  std::int64_t source_line_ = 0;
  std::int64_t source_column_ = 0;
  std::int64_t name_ = 0;
};

Result<SourceMap> SourceMap::parse(std::string_view json) {
  const Result<boost::json::object> fields = parse_fields(json);
  if (!fields) return fail(fields.error());
  SourceMap map;
  for (const boost::json::value& source : fields->at("sources").get_array()) {
    map.sources_.emplace_back(source.is_string() ? std::string_view(source.get_string()) : std::string_view("?"));
  }
  if (!Reader(fields->at("mappings").get_string(), map).read()) return invalid("its mappings are damaged");
  std::ranges::sort(map.segments_, {}, [](const Segment& segment) { return std::pair(segment.line, segment.column); });
  return map;
}

std::optional<SourceMap::Place> SourceMap::find(std::uint32_t line, std::uint32_t column) const {
  if (line == 0 || column == 0) return std::nullopt;
  const auto after =
      std::ranges::upper_bound(segments_, std::pair(line - 1, column - 1), {},
                               [](const Segment& segment) { return std::pair(segment.line, segment.column); });
  if (after == segments_.begin()) return std::nullopt;
  const Segment& segment = *std::prev(after);
  if (segment.line != line - 1 || segment.source == kNoSource) return std::nullopt;
  return Place{sources_[segment.source], segment.source_line + 1, segment.source_column + 1};
}

std::string mapped_frame(std::string_view frame, const SourceMap& map) {
  if (frame.starts_with("caused by ")) return std::string(frame);
  std::string_view rest = frame;
  const auto column = take_number(rest);
  const auto line = column ? take_number(rest) : std::nullopt;
  const auto place = line ? map.find(*line, *column) : std::nullopt;
  if (!place) return std::string(frame);
  const std::size_t at = rest.rfind('@');
  const std::string_view function = at == std::string_view::npos ? std::string_view() : rest.substr(0, at);
  // The map lies in a folder of the project's.
  const std::string source = (std::filesystem::path("folder") / place->source).lexically_normal().string();
  return fmt::format("{}{}at {}:{}:{}", function, function.empty() ? "" : " ", source, place->line, place->column);
}

}  // namespace peko::code
