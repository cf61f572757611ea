/// The node key: what nodes and deployers that trust one another have in common.
///
/// It signs compiled artifacts, which are machine code: whoever can forge one runs code in every node. It seals
/// secrets, which lie in a store that more people can read than may know them. And it signs what the local cache
/// remembers of a store. Each purpose has a key of its own, derived from this one, so that a signature for one is of no
/// use for another.
///
/// The file has 32 random bytes. While a key is being replaced it has two (up to four): the first one signs and seals,
/// all of them verify and unseal.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace peko::code {

/// The largest value that is sealed.
inline constexpr std::size_t kSecretBytesMax = std::size_t{64} << 10;

/// What a signature adds to an artifact.
inline constexpr std::size_t kSignatureBytes = std::tuple_size_v<Digest>;

/// A value; shared by threads.
class NodeKey {
 public:
  /// Reads a key file that somebody gave us. NotFound; Denied: others could read or replace it (it must be ours with
  /// mode 0600 or 0400, or root's and at most readable by a group: 0440); Invalid: it is none. Messages say what to do.
  static Result<NodeKey> read(const std::filesystem::path& file);

  /// Reads a key file that is our own; makes it (0600), with the folders that lead to it (0700), when there is none.
  /// Errors as those of read(), and those of the file system.
  static Result<NodeKey> open(const std::filesystem::path& file);

  /// An artifact with its signature behind it, as it lies in a store and in the local cache. `engine_id` holds no line
  /// end.
  [[nodiscard]] std::string with_signature(std::string_view engine_id, const Digest& component,
                                           std::string artifact) const;
  /// The artifact in front of a signature. Denied when the signature is wrong: damaged, forged, of another component or
  /// engine, or by another key.
  [[nodiscard]] Result<std::string_view> without_signature(std::string_view engine_id, const Digest& component,
                                                           std::string_view signed_artifact) const;

  /// The two above in pieces, for what is too large for memory; `artifact` is the hash of its bytes.
  [[nodiscard]] Digest sign_artifact(std::string_view engine_id, const Digest& component, const Digest& artifact) const;
  [[nodiscard]] bool verifies_artifact(std::string_view engine_id, const Digest& component, const Digest& artifact,
                                       std::string_view signature) const;

  /// A function's secret as text that may lie in a store: "s1." and base64url. Invalid when the value has more than
  /// kSecretBytesMax bytes.
  [[nodiscard]] Result<std::string> seal(std::string_view function, std::string_view name,
                                         std::string_view value) const;
  /// Denied when it was sealed by another key, for another function or name, or is damaged; Unsupported when a newer
  /// Peko sealed it. No message tells anything of the value.
  [[nodiscard]] Result<std::string> unseal(std::string_view function, std::string_view name,
                                           std::string_view sealed) const;

  /// For what the local cache remembers; `content` is the hash of all that the signature covers.
  [[nodiscard]] Digest sign_remembered(const Digest& content) const;
  [[nodiscard]] bool verifies_remembered(const Digest& content, std::string_view signature) const;

 private:
  struct Keys {
    explicit Keys(std::string_view key);
    Digest artifact;
    Digest secret;
    Digest remembered;
  };
  explicit NodeKey(std::string_view bytes);
  static Result<NodeKey> load(const std::filesystem::path& file, std::string_view advice);
  [[nodiscard]] bool verifies(Digest Keys::* purpose, std::string_view what, std::string_view signature) const;

  std::vector<Keys> keys_;  // the first one signs
};

}  // namespace peko::code
