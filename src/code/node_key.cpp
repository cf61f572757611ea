#include "code/node_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/base64url.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "base/sealed.hpp"
#include "code/own_file.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeysMax = 4;
constexpr std::string_view kSealedBy = "s1.";
/// A sealed value of kSecretBytesMax bytes, as text.
constexpr std::size_t kSealedBytesMax = kSecretBytesMax * 4 / 3 + 64;

/// What a signature covers. No part of it can hold the line end that separates them.
std::string artifact_statement(std::string_view engine_id, const Digest& component, const Digest& artifact) {
  return fmt::format("peko artifact 2\n{}\n{}\n{}\n", engine_id, hex(component), hex(artifact));
}

/// What a secret is sealed for. A function's name holds no line end.
std::string secret_context(std::string_view function, std::string_view name) {
  return fmt::format("peko secret 1\n{}\n{}", function, name);
}

/// Whether others could read or replace the key.
Status check_owner(const std::filesystem::path& path, const struct stat& about) {
  const bool ours = about.st_uid == ::geteuid();
  if (!ours && about.st_uid != 0) {
    return fail(Code::Denied, fmt::format("{} belongs to another user", path.string()));
  }
  // Root reads everything anyway; the group that it lets read is the operator's choice.
  const mode_t allowed = S_IRWXU | (ours ? 0 : S_IRGRP);
  if ((about.st_mode & 0777 & ~allowed) != 0) {
    return fail(Code::Denied,
                fmt::format("{} is open to other users (mode {:04o})", path.string(), about.st_mode & 07777));
  }
  return {};
}

Result<std::string> read_bytes(const std::filesystem::path& path) {
  const Result<OpenFile> file = open_regular(path);
  if (!file) {
    return fail(file.error());
  }
  if (Status safe = check_owner(path, file->about); !safe) {
    return fail(std::move(safe.error()));
  }
  std::array<char, kKeyBytes * kKeysMax + 1> bytes{};
  const ssize_t got = ::read(file->fd.get(), bytes.data(), bytes.size());
  if (got < 0) {
    return fail(file_error("reading", path, errno));
  }
  return std::string(bytes.data(), static_cast<std::size_t>(got));
}

/// Writes a new random key without replacing one: a whole temporary file, then a link, which fails when the name is
/// taken.
Status create_key(const std::filesystem::path& path) {
  if (Status made = create_private_directories(path.parent_path()); !made) {
    return made;
  }
  std::string key(kKeyBytes, '\0');
  fill_secure(std::as_writable_bytes(std::span(key)));
  std::string temporary = path.string() + ".XXXXXX";
  const UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));  // O_EXCL and 0600, by POSIX
  if (!file) {
    return fail(file_error("creating", path, errno));
  }
  int number = write_all(file.get(), key);
  if (number == 0 && (::fsync(file.get()) != 0 || ::link(temporary.c_str(), path.c_str()) != 0)) {
    number = errno;
  }
  ::unlink(temporary.c_str());
  if (number != 0 && number != EEXIST) {  // EEXIST: another process was faster; its key is as good.
    return fail(file_error("creating", path, number));
  }
  return {};
}

}  // namespace

NodeKey::Keys::Keys(std::string_view key)
    : artifact(derive_key(key, "peko artifact")),
      secret(derive_key(key, "peko secret")),
      remembered(derive_key(key, "peko remembered")) {}

NodeKey::NodeKey(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += kKeyBytes) {
    keys_.emplace_back(bytes.substr(at, kKeyBytes));
  }
}

Result<NodeKey> NodeKey::load(const std::filesystem::path& file, std::string_view advice) {
  const Result<std::string> bytes = read_bytes(file);
  if (!bytes) {
    if (bytes.error().code != Code::Denied) {
      return fail(bytes.error());
    }
    return fail(Code::Denied, fmt::format("{}: the node key must be yours alone (mode 0600), or root's with mode 0440 "
                                          "and a group of yours; {}",
                                          bytes.error().message, advice));
  }
  if (bytes->empty() || bytes->size() % kKeyBytes != 0 || bytes->size() > kKeyBytes * kKeysMax) {
    return fail(Code::Invalid,
                fmt::format("{} is damaged: a node key has {} bytes, not {}; {}", file.string(), kKeyBytes,
                            bytes->size() > kKeyBytes * kKeysMax ? "as many as it has" : std::to_string(bytes->size()),
                            advice));
  }
  return NodeKey(*bytes);
}

Result<NodeKey> NodeKey::read(const std::filesystem::path& file) {
  Result<NodeKey> key = load(file, "correct it, or copy the key file of another node");
  if (!key && key.error().code == Code::NotFound) {
    return fail(Code::NotFound, fmt::format("there is no node key {0}: copy the one of another node, or make the first "
                                            "one with: (umask 077; head -c 32 /dev/urandom > {0})",
                                            file.string()));
  }
  return key;
}

Result<NodeKey> NodeKey::open(const std::filesystem::path& file) {
  constexpr std::string_view advice = "correct it or remove it (a new one is made)";
  Result<NodeKey> key = load(file, advice);
  if (!key && key.error().code == Code::NotFound) {
    if (Status created = create_key(file); !created) {
      // A file in the way is the operator's to remove: nobody competes for the folder.
      const Code code = created.error().code == Code::Conflict ? Code::Invalid : created.error().code;
      return fail(code, std::move(created.error().message));
    }
    key = load(file, advice);
  }
  return key;
}

bool NodeKey::verifies(Digest Keys::* purpose, std::string_view what, std::string_view signature) const {
  Digest claimed{};
  if (signature.size() != claimed.size()) {
    return false;
  }
  std::ranges::transform(signature, claimed.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return std::ranges::any_of(keys_, [&](const Keys& keys) {
    return equal_in_constant_time(hmac_sha256(bytes_of(keys.*purpose), what), claimed);
  });
}

Digest NodeKey::sign_artifact(std::string_view engine_id, const Digest& component, const Digest& artifact) const {
  return hmac_sha256(bytes_of(keys_.front().artifact), artifact_statement(engine_id, component, artifact));
}

bool NodeKey::verifies_artifact(std::string_view engine_id, const Digest& component, const Digest& artifact,
                                std::string_view signature) const {
  return verifies(&Keys::artifact, artifact_statement(engine_id, component, artifact), signature);
}

std::string NodeKey::with_signature(std::string_view engine_id, const Digest& component, std::string artifact) const {
  artifact += bytes_of(sign_artifact(engine_id, component, sha256(artifact)));
  return artifact;
}

Result<std::string_view> NodeKey::without_signature(std::string_view engine_id, const Digest& component,
                                                    std::string_view signed_artifact) const {
  if (signed_artifact.size() >= kSignatureBytes) {
    const std::string_view artifact = signed_artifact.substr(0, signed_artifact.size() - kSignatureBytes);
    if (verifies_artifact(engine_id, component, sha256(artifact), signed_artifact.substr(artifact.size()))) {
      return artifact;
    }
  }
  return fail(Code::Denied, "its signature is wrong: it is damaged, forged, or signed with another node key");
}

Result<std::string> NodeKey::seal(std::string_view function, std::string_view name, std::string_view value) const {
  if (value.size() > kSecretBytesMax) {
    return fail(Code::Invalid,
                fmt::format("the secret {} has {} bytes; at most {} are taken", name, value.size(), kSecretBytesMax));
  }
  return std::string(kSealedBy) + base64url(peko::seal(keys_.front().secret, secret_context(function, name), value));
}

Result<std::string> NodeKey::unseal(std::string_view function, std::string_view name, std::string_view sealed) const {
  const auto cannot = [&](Code code, std::string_view why) {
    return fail(code, fmt::format("the secret {} of function {} cannot be opened: {}", name, function, why));
  };
  if (!sealed.starts_with(kSealedBy)) {
    return cannot(Code::Unsupported, "it is not in a form that this version of Peko knows; set it again");
  }
  if (sealed.size() <= kSealedBytesMax) {
    const std::optional<std::string> bytes = from_base64url(sealed.substr(kSealedBy.size()));
    for (const Keys& keys : keys_) {
      std::optional<std::string> value =
          bytes ? peko::unseal(keys.secret, secret_context(function, name), *bytes) : std::nullopt;
      if (value) {
        return std::move(*value);
      }
    }
  }
  return cannot(Code::Denied,
                fmt::format("it was sealed with another node key, or is damaged; use the same key file "
                            "(key_file) here and where it was set, or set it again: peko secret set {} {}",
                            function, name));
}

Digest NodeKey::sign_remembered(const Digest& content) const {
  return hmac_sha256(bytes_of(keys_.front().remembered), bytes_of(content));
}

bool NodeKey::verifies_remembered(const Digest& content, std::string_view signature) const {
  return verifies(&Keys::remembered, bytes_of(content), signature);
}

}  // namespace peko::code
