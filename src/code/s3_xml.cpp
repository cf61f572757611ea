#include "code/s3_xml.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <pugixml.hpp>

#include "base/text.hpp"
#include "cloud/dates.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kTextBytesMax = 300;
// Of the key and its etag; S3's own are shorter.
constexpr std::size_t kKeyMax = 1024;
constexpr std::size_t kEtagMax = 256;

/// Nothing when it is no XML. DOCTYPE and processing instructions are skipped, entities but XML's own five not known.
bool load(pugi::xml_document& document, std::string_view xml) {
  return static_cast<bool>(document.load_buffer(
      xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_escapes | pugi::parse_cdata, pugi::encoding_utf8));
}

/// Without a namespace's prefix, which some servers write.
bool is_named(const pugi::xml_node& node, std::string_view name) {
  std::string_view actual = node.name();
  if (const std::size_t colon = actual.find(':'); colon != actual.npos) actual.remove_prefix(colon + 1);
  return actual == name;
}

std::string_view text_of(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node& child : parent) {
    if (is_named(child, name)) return child.text().get();
  }
  return {};
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kTextBytesMax));
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return std::string(trim(out));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// As `encoding-type=url` has it: percent-encoded, '+' for a space. Nothing when it is not.
std::optional<std::string> url_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::unexpected<Error> nonsense(const char* what) {
  return fail(Code::Unavailable, std::string("its listing is none of S3: ") + what);
}

Result<ObjectInfo> read_object(const pugi::xml_node& node, bool encoded) {
  const std::string_view raw = text_of(node, "Key");
  auto key = encoded ? url_decode(raw) : std::optional(std::string(raw));
  if (!key || key->empty() || key->size() > kKeyMax) return nonsense("a <Key> is none");
  ObjectInfo info{.key = std::move(*key), .size = 0, .modified = {}, .etag = bare_etag(text_of(node, "ETag"))};
  const std::string_view size = text_of(node, "Size");
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), info.size);
  if (size.empty() || error != std::errc() || end != size.data() + size.size())
    return nonsense("a <Size> is no number");
  const auto modified = cloud::parse_date(text_of(node, "LastModified"));
  if (!modified) return nonsense("a <LastModified> is no date");
  info.modified = *modified;
  if (info.etag.empty() || info.etag.size() > kEtagMax) return nonsense("an <ETag> is missing");
  return info;
}

}  // namespace

std::string bare_etag(std::string_view etag) {
  etag = trim(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

S3Error read_s3_error(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml)) return {};
  pugi::xml_node root = document.document_element();
  // AWS's other services and some of S3's imitators put it one deeper.
  for (const pugi::xml_node& child : root) {
    if (!is_named(root, "Error") && is_named(child, "Error")) {
      root = child;
      break;
    }
  }
  if (!is_named(root, "Error")) return {};
  return {.code = printable(text_of(root, "Code")),
          .message = printable(text_of(root, "Message")),
          .region = printable(text_of(root, "Region"))};
}

Result<S3Listing> read_s3_listing(std::string_view xml, std::string_view prefix, std::string_view after) {
  pugi::xml_document document;
  if (!load(document, xml)) return nonsense("no XML");
  const pugi::xml_node root = document.document_element();
  if (!is_named(root, "ListBucketResult")) return nonsense("no <ListBucketResult>");
  const bool encoded = text_of(root, "EncodingType") == "url";
  const std::string_view truncated = text_of(root, "IsTruncated");
  if (truncated != "true" && truncated != "false") return nonsense("no <IsTruncated>");
  S3Listing listing{.objects = {}, .more = truncated == "true"};
  std::string_view last = after;
  for (const pugi::xml_node& node : root) {
    if (!is_named(node, "Contents")) continue;
    auto object = read_object(node, encoded);
    if (!object) return fail(std::move(object.error()));
    if (!object->key.starts_with(prefix)) return nonsense("a key without the prefix");
    // Else a server that ignores where to begin would have us ask for ever.
    if (object->key <= last) return nonsense("keys out of order");
    listing.objects.push_back(std::move(*object));
    last = listing.objects.back().key;
  }
  if (listing.more && listing.objects.empty()) return nonsense("a page without keys before the last one");
  return listing;
}

}  // namespace peko::code
