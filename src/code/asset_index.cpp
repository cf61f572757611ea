#include "code/asset_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "code/asset_path.hpp"
#include "code/json_node.hpp"

namespace peko::code {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kBrotli = "br";
constexpr std::string_view kGzip = "gzip";

AssetBlob read_blob(const JsonNode& node) {
  return {.hash = node.field("sha256").digest(), .size = node.field("bytes").integer(0, kAssetBytesMax)};
}

std::optional<AssetBlob> read_form(const JsonNode& file, std::string_view form) {
  if (!file.has(form)) return std::nullopt;
  const JsonNode node = file.field(form);
  node.only({"sha256", "bytes"});
  return read_blob(node);
}

void write_blob(JsonWriter& json, const AssetBlob& blob) {
  json.key("sha256").value(hex(blob.hash)).key("bytes").value(blob.size);
}

void write_form(JsonWriter& json, std::string_view form, const std::optional<AssetBlob>& blob) {
  if (!blob) return;
  json.key(form).begin_object();
  write_blob(json, *blob);
  json.end_object();
}

}  // namespace

Result<std::vector<AssetFile>> read_asset_index(std::string_view json) {
  if (json.size() > kAssetIndexBytesMax) return fail(Code::Invalid, "it is too large");
  const Result<JsonText> text = JsonText::parse(json);
  if (!text) return fail(text.error());
  const JsonNode root = text->root();
  root.format(kFormat);
  root.only({"format", "files"});
  std::vector<AssetFile> files;
  for (auto& [path, node] : root.field("files").members(kAssetFilesMax)) {
    node.only({"sha256", "bytes", kBrotli, kGzip});
    if (Status good = check_asset_path(path); !good) node.reject(Code::Invalid, "its path " + good.error().message);
    files.push_back(
        {.path = path, .plain = read_blob(node), .brotli = read_form(node, kBrotli), .gzip = read_form(node, kGzip)});
  }
  if (Status good = text->finish(); !good) return fail(std::move(good.error()));
  std::ranges::sort(files, {}, &AssetFile::path);
  if (const auto twice = std::ranges::adjacent_find(files, {}, &AssetFile::path); twice != files.end()) {
    return fail(Code::Invalid, fmt::format("\"{}\" is there twice", twice->path));
  }
  return files;
}

Result<std::string> write_asset_index(const std::vector<AssetFile>& files) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("format").value(kFormat).key("files").begin_object();
  for (const AssetFile& file : files) {
    json.key(file.path).begin_object();
    write_blob(json, file.plain);
    write_form(json, kBrotli, file.brotli);
    write_form(json, kGzip, file.gzip);
    json.end_object();
  }
  json.end_object().end_object();
  text += '\n';
  if (text.size() > kAssetIndexBytesMax) {
    return fail(Code::Invalid, fmt::format("the list of the files has {}, at most {} are allowed: fewer files, or "
                                           "shorter names",
                                           human_bytes(text.size()), human_bytes(kAssetIndexBytesMax)));
  }
  const Result<std::vector<AssetFile>> again = read_asset_index(text);
  if (!again) return fail(again.error(), "no node could read the list of the files");
  const auto [there, given] = std::ranges::mismatch(*again, files);
  if (given != files.end()) {
    return fail(Code::Invalid, fmt::format("the name \"{}\" is not UTF-8 text: rename the file", given->path));
  }
  return text;
}

}  // namespace peko::code
