#include "code/component_upload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace peko::code {
namespace {

class Progressing final : public ByteSource {
 public:
  Progressing(std::string_view bytes, const std::function<void(std::uint64_t, std::uint64_t)>& progress)
      : bytes_(bytes), progress_(progress) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

  Result<std::string_view> read(std::uint64_t offset, std::size_t bytes_max) override {
    const std::string_view piece = bytes_.substr(std::min<std::uint64_t>(offset, bytes_.size()), bytes_max);
    if (progress_) {
      progress_(offset + piece.size(), bytes_.size());
    }
    return piece;
  }

 private:
  const std::string_view bytes_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
};

}  // namespace

Result<bool> upload_component(Store& store, const Clock& clock, const Upload& upload,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const Result<ObjectInfo> there = store.stat(upload.key);
  if (!there && there.error().code != Code::NotFound) {
    return fail(there.error());
  }
  if (there && there->size == upload.bytes.size() &&
      (upload.served || there->modified + kUploadTrusted > clock.wall_now())) {
    return false;
  }
  Progressing source(upload.bytes, progress);
  // Whoever writes under this key writes these bytes: it does not matter who is last.
  const Result<ObjectInfo> put = store.put(upload.key, source);
  if (!put) {
    return fail(put.error(), fmt::format("sending the code ({})", human_bytes(upload.bytes.size())));
  }
  return true;
}

Status check_code(Store& store, const std::string& key, std::uint64_t size) {
  const Result<ObjectInfo> there = store.stat(key);
  if (!there) {
    return there.error().code == Code::NotFound
               ? fail(Code::NotFound,
                      fmt::format("its code is gone: {} has no {}; deploy it again", store.shown(), key))
               : fail(there.error());
  }
  if (there->size != size) {
    return fail(Code::Invalid, fmt::format("its code is damaged: {} has {} bytes instead of {}; deploy it again", key,
                                           there->size, size));
  }
  return {};
}

}  // namespace peko::code
