/// What is deployed of a function: immutable versions, and the one object that says which of them serve.
///
///   functions/<name>/current.json        the pointer (Deployment): revision, versions with weights, secrets, history
///   functions/<name>.wasm [.toml]        the simplest deployment: a component dropped in, with optional settings
///   versions/<name>/<number>.json        what version <number> is (VersionRecord); written once
///   routes/<route>/<name>                an empty object for each route of a deployed function, so that a listing
///                                        shows them all; <route> is percent-encoded whole
///   components/<sha256>.wasm             code, by its hash
///   scripts/<sha256>.js                  the bundle of a script, by its hash
///   scripts/<sha256>.map                 the source map of a bundle, by its own hash; read when the script has failed
///   assets/<sha256>                      a file that a version answers with, or its compressed form, by its hash
///   indexes/<sha256>.json                the files of a version and their hashes, by its hash (asset_index.hpp)
///   artifacts/<engine-id>/<sha256>.cwasm machine code of the component <sha256>, signed with the node key
///
/// `functions/` holds nothing else: one listing of it shows each function that has changed. The pointer is the truth;
/// all that it names is there before it is written. When a function has both a pointer and a dropped component, the
/// pointer counts. docs/decisions/0004-code-store.md has the reasons.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "code/asset_index.hpp"
#include "code/function.hpp"
#include "code/limit_table.hpp"

namespace peko::code {

/// 1, 2, 3, ...: shown as "v12". While a function exists none is given twice.
using VersionNumber = std::uint32_t;
inline constexpr VersionNumber kVersionMax = 999'999'999;
std::string version_name(VersionNumber number);
/// "v12" or "12". Invalid.
Result<VersionNumber> parse_version_name(std::string_view text);

/// A pointer or a version record is not larger than this.
inline constexpr std::size_t kRecordBytesMax = std::size_t{2} << 20U;
/// What people may write into either.
inline constexpr std::size_t kAuthorBytesMax = 512;
inline constexpr std::size_t kMessageBytesMax = 1024;
inline constexpr std::size_t kVersionsAtOnceMax = 4;
inline constexpr std::size_t kSecretsMax = 100;
inline constexpr std::size_t kSecretsBytesMax = std::size_t{256} << 10U;  ///< names and sealed values
inline constexpr std::size_t kHistoryMax = 100;

/// The files of a version, as far as its record tells of them.
struct AssetsRecord {
  AssetBlob index;  ///< the text of their index
  std::size_t files = 0;
  std::uint64_t bytes = 0;  ///< of all files, uncompressed
};

/// An immutable version.
struct VersionRecord {
  Function settings;  ///< name, routes, environment, limits, outbound, reuse, idle; paths and build are empty
  VersionNumber number = 0;
  CodeKind kind = CodeKind::Component;
  Digest component{};  ///< its code: a component, or a script's bundle; all zero when there is none
  std::uint64_t component_size = 0;
  std::optional<Digest> source_map;    ///< of a script's bundle
  std::optional<AssetsRecord> assets;  ///< nothing: it has none
  std::chrono::system_clock::time_point created;
  std::string author;   ///< "user@host"; for people
  std::string message;  ///< for people
};

/// One of the versions that serve. The share of requests that it gets is its weight through the sum of all.
struct WeightedVersion {
  VersionNumber version = 0;
  std::uint32_t weight = 100;  ///< 1 to 100
};

/// What once was current.
struct HistoryEntry {
  std::uint64_t revision = 0;
  std::string change;  ///< 16 hexadecimal digits, of each change its own: tells a writer whose answer was lost
  std::vector<WeightedVersion> versions;
  std::chrono::system_clock::time_point at;
  std::string author;
  std::string message;  ///< "rollback to v11", or what the deployer said
};

/// The pointer.
struct Deployment {
  std::string function;
  std::uint64_t revision = 0;                                ///< one more with each change
  std::vector<WeightedVersion> versions;                     ///< at most 4, heaviest first; none: nothing serves
  std::vector<std::pair<std::string, std::string>> secrets;  ///< name -> sealed value (node_key.hpp); by name
  std::vector<HistoryEntry> history;                         ///< newest first, the current state included; the last 100
  std::string etag;                                          ///< of the object; not part of its text
};

/// Reads what others may have written. Invalid names the place in the text and what is wrong. Unsupported: another
/// format number or an unknown field, so that a newer Peko wrote it.
Result<Deployment> read_deployment(std::string_view json, std::string_view name);
/// `maxima` clip the limits of a version that was deployed under more generous ones.
Result<VersionRecord> read_version(std::string_view json, std::string_view name, VersionNumber number,
                                   const LimitsMax& maxima = {});
/// Text that reads back as what was given (times in milliseconds).
std::string write_deployment(const Deployment& deployment);
std::string write_version(const VersionRecord& version);

/// Keys of the layout above.
std::string pointer_key(std::string_view function);
std::string version_key(std::string_view function, VersionNumber number);
std::string component_key(const Digest& component);
/// A component's, or a script's.
std::string code_key(CodeKind kind, const Digest& code);
std::string source_map_key(const Digest& source_map);
std::string asset_key(const Digest& asset);
std::string asset_index_key(const Digest& index);
std::string artifact_key(std::string_view engine_id, const Digest& component);
std::string route_key(std::string_view route, std::string_view function);

/// The route that a segment of a key stands for. Invalid when route_key would not write it so.
Result<std::string> route_of_segment(std::string_view segment);

}  // namespace peko::code
