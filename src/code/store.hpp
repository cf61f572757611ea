/// Store: where functions' code lies, as every node and deployer sees it: named objects, written whole.
///
/// Two implementations: a folder (FileStore: local, NFS, EFS) and a bucket (S3Store). Both pass one suite of tests
/// (store_conformance.hpp). An object is replaced as a whole: a reader gets the old bytes or the new ones, never a mix,
/// and a writer that dies leaves the old ones.
///
/// Keys are segments joined by '/': "functions/hello.wasm". A segment has 1 to 255 bytes of [A-Za-z0-9._%+=@~-] and
/// does not begin with '.' (such names are a folder's own business: temporary files, locks); a key has at most 900
/// bytes. Every other key is Invalid, before anything is asked. A key that is another one's folder ("a" beside "a/b")
/// is for no store to rely on: a folder cannot have both.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace peko::code {

/// An object, without its bytes.
struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::chrono::system_clock::time_point modified;  ///< by the store's clock
  std::string etag;  ///< another one with other bytes; compare for equality only. Never empty
};

/// Part of a listing.
struct ObjectPage {
  std::vector<ObjectInfo> objects;  ///< in the order of the keys' bytes
  std::string next;                 ///< where the following page begins; empty: this is the last one
};

/// Bytes [first, first + size) of an object; what lies beyond its end is left out.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = UINT64_MAX;
};

/// When a put is to happen. Two writers with the same condition never both succeed; whoever does not gets Conflict,
/// also when an object that should be unchanged is gone.
struct PutIf {
  enum class Is : std::uint8_t { Always, Absent, Unchanged };
  Is is = Is::Always;
  std::string etag;  ///< Unchanged: as it was

  static PutIf absent() { return {.is = Is::Absent, .etag = {}}; }
  static PutIf unchanged(std::string etag) { return {.is = Is::Unchanged, .etag = std::move(etag)}; }
};

/// Takes the bytes of an object, piece by piece in order. An error ends the transfer and becomes its result.
using ByteSink = std::function<Status(std::string_view bytes)>;

/// What is put: bytes of a known size that can be read again when a transfer has to be repeated.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// The bytes from `offset` on, at most `bytes_max`; at least one unless `offset` is the size. Valid until the next
  /// call.
  virtual Result<std::string_view> read(std::uint64_t offset, std::size_t bytes_max) = 0;
};

/// Shared by threads. All calls block, at most for the store's deadlines, and are repeated by the store itself where
/// that helps. Errors, all with a message that names the store and the key but no secret: NotFound; Conflict (a
/// condition was not met); Denied (credentials, permissions: somebody must change something); Unavailable, Deadline
/// (the store is down, slow, throttling, or answers nonsense: later it may work); Invalid (the key, the bucket, the
/// region).
class Store {
 public:
  virtual ~Store() = default;

  /// Up to `count` (at least 1) objects whose keys begin with `prefix`, from `after` on (ObjectPage::next of the page
  /// before; empty: from the start). What changes meanwhile may be in it or not; what does not change is in it. Nothing
  /// is success.
  virtual Result<ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) = 0;

  virtual Result<ObjectInfo> stat(std::string_view key) = 0;

  /// Hands the bytes to `sink`. When a transfer breaks it goes on where it was, of the same object: if that has changed
  /// meanwhile, Unavailable. With `unless_etag`, an object that still has this etag is not transferred: then the result
  /// is nothing.
  virtual Result<std::optional<ObjectInfo>> get(std::string_view key, const ByteSink& sink, const ByteRange& range = {},
                                                std::string_view unless_etag = {}) = 0;

  /// Writes a whole object.
  virtual Result<ObjectInfo> put(std::string_view key, ByteSource& bytes, const PutIf& condition = {}) = 0;

  /// Success also when there is none.
  virtual Status remove(std::string_view key) = 0;

  /// The store's URL, without secrets: "s3://bucket/prefix".
  [[nodiscard]] virtual std::string shown() const = 0;
};

/// Invalid when `key` is none.
Status check_key(std::string_view key);
/// Invalid when no key can begin with it. The empty prefix is the whole store.
Status check_prefix(std::string_view prefix);
/// Whether a key may have this segment.
bool is_key_segment(std::string_view segment);
inline constexpr std::size_t kKeyBytesMax = 900;

/// Bytes in memory, as a source; they outlive it.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  Result<std::string_view> read(std::uint64_t offset, std::size_t bytes_max) override;

 private:
  std::string_view text_;
};

/// An object's bytes, at most `bytes_max` (else Invalid), with what it is.
struct Object {
  ObjectInfo info;
  std::string bytes;
};
Result<Object> get_object(Store& store, std::string_view key, std::size_t bytes_max);
/// Nothing when it still has `etag`.
Result<std::optional<Object>> get_if_changed(Store& store, std::string_view key, std::string_view etag,
                                             std::size_t bytes_max);
Result<ObjectInfo> put_object(Store& store, std::string_view key, std::string_view bytes, const PutIf& condition = {});

}  // namespace peko::code
