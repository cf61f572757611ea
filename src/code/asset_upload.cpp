#include "code/asset_upload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "code/asset_folder.hpp"
#include "code/asset_forms.hpp"
#include "code/asset_type.hpp"
#include "code/component_upload.hpp"

namespace peko::code {
namespace {

// Most of the time is the store's answer to "is it there?"; each thread holds one file.
constexpr std::size_t kThreads = 8;

/// One upload: some threads take file after file.
class FolderUpload {
 public:
  FolderUpload(Store& store, const Clock& clock, const AssetFolder& folder, std::uint64_t bytes_max,
               const OnAssets& progress)
      : store_(store), clock_(clock), folder_(folder), bytes_max_(bytes_max), progress_(progress) {}

  void know(const std::vector<AssetFile>& served) {
    for (const AssetFile& file : served) {
      known_.emplace(file.plain.hash, file);
      for (const auto& blob : {std::optional(file.plain), file.brotli, file.gzip}) {
        if (blob) served_.insert(blob->hash);
      }
    }
  }

  Result<std::vector<AssetFile>> send(const std::vector<AssetFolder::File>& listed) {
    files_.resize(listed.size());
    sent_.files_all = listed.size();
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < std::min(kThreads, listed.size()); ++i) {
        threads.emplace_back([&] { work(listed); });
      }
    }
    if (error_) return fail(std::move(*error_));
    return std::move(files_);
  }

  [[nodiscard]] const AssetsSent& sent() const { return sent_; }

 private:
  void work(const std::vector<AssetFolder::File>& listed) {
    for (;;) {
      std::size_t at = 0;
      {
        const std::scoped_lock lock(mutex_);
        if (error_ || next_ == listed.size()) return;
        at = next_++;
      }
      Result<AssetFile> file = send_file(listed[at].path);
      const std::scoped_lock lock(mutex_);
      if (!file) {
        if (!error_) error_ = std::move(file.error());
        return;
      }
      files_[at] = std::move(*file);
      ++sent_.files;
      if (progress_) progress_(sent_);
    }
  }

  Result<AssetFile> send_file(const std::string& path) {
    const Result<std::string> bytes = folder_.read(path, bytes_max_);
    if (!bytes) return fail(bytes.error());
    AssetFile file{.path = path, .plain = {.hash = sha256(*bytes), .size = bytes->size()}};
    const Result<bool> is_new = send_blob(file.plain, *bytes);
    if (!is_new) return fail(is_new.error());
    if (*is_new) {
      const std::scoped_lock lock(mutex_);
      ++sent_.files_new;
    }
    // Whether it is compressed depends on its name, too: one of another type counts as unknown.
    const std::string_view type = asset_type(path);
    if (const auto known = known_.find(file.plain.hash);
        known != known_.end() && asset_type(known->second.path) == type && still_there(known->second)) {
      file.brotli = known->second.brotli;
      file.gzip = known->second.gzip;
      return file;
    }
    const AssetForms forms = compress_asset(*bytes, type);
    if (Status done = send_form(file.brotli, forms.brotli); !done) return fail(std::move(done.error()));
    if (Status done = send_form(file.gzip, forms.gzip); !done) return fail(std::move(done.error()));
    return file;
  }

  Status send_form(std::optional<AssetBlob>& form, const std::optional<std::string>& bytes) {
    if (!bytes) return {};
    form = AssetBlob{.hash = sha256(*bytes), .size = bytes->size()};
    const Result<bool> sent = send_blob(*form, *bytes);
    return sent ? Status() : fail(sent.error());
  }

  Result<bool> send_blob(const AssetBlob& blob, std::string_view bytes) {
    {
      const std::scoped_lock lock(mutex_);
      if (!seen_.insert(blob.hash).second) return false;  // another file has the same bytes
    }
    Result<bool> sent = upload_component(
        store_, clock_, {.key = asset_key(blob.hash), .bytes = bytes, .served = served_.contains(blob.hash)}, {});
    if (sent && *sent) {
      const std::scoped_lock lock(mutex_);
      sent_.bytes_sent += bytes.size();
    }
    return sent;
  }

  /// Whether the store has the compressed forms of a file that a version serves with.
  [[nodiscard]] bool still_there(const AssetFile& file) const {
    return std::ranges::all_of(std::array{file.brotli, file.gzip}, [this](const std::optional<AssetBlob>& form) {
      return !form || check_code(store_, asset_key(form->hash), form->size).has_value();
    });
  }

  Store& store_;
  const Clock& clock_;
  const AssetFolder& folder_;
  const std::uint64_t bytes_max_;
  const OnAssets& progress_;
  std::map<Digest, AssetFile> known_;  // by the hash of the plain bytes
  std::set<Digest> served_;

  std::mutex mutex_;
  // Under the mutex:
  std::size_t next_ = 0;
  std::set<Digest> seen_;
  std::vector<AssetFile> files_;
  AssetsSent sent_;
  std::optional<Error> error_;
};

}  // namespace

Result<UploadedAssets> upload_assets(Store& store, const Clock& clock, const Function& settings,
                                     const std::vector<AssetFile>& served, const OnAssets& progress) {
  const Result<AssetFolder> folder = AssetFolder::open(settings.assets);
  if (!folder) return fail(folder.error());
  const Result<std::vector<AssetFolder::File>> listed = folder->list(settings);
  if (!listed) return fail(listed.error());
  FolderUpload upload(store, clock, *folder, settings.asset_bytes_max, progress);
  upload.know(served);
  const Result<std::vector<AssetFile>> files = upload.send(*listed);
  if (!files) return fail(files.error(), "sending the static files");
  Result<std::string> index = write_asset_index(*files);
  if (!index) return fail(std::move(index.error()));
  UploadedAssets uploaded{.record = {.index = {.hash = sha256(*index), .size = index->size()}, .files = files->size()},
                          .index = std::move(*index),
                          .sent = upload.sent()};
  for (const AssetFile& file : *files) uploaded.record.bytes += file.plain.size;
  const Result<bool> sent =
      upload_component(store, clock, {.key = asset_index_key(uploaded.record.index.hash), .bytes = uploaded.index}, {});
  if (!sent) return fail(sent.error(), "sending the list of the static files");
  return uploaded;
}

Result<std::vector<AssetFile>> fetch_asset_index(Store& store, const AssetBlob& index) {
  const std::string key = asset_index_key(index.hash);
  const Result<Object> object = get_object(store, key, static_cast<std::size_t>(index.size));
  if (!object) return fail(object.error());
  if (sha256(object->bytes) != index.hash) {
    return fail(Code::Invalid, fmt::format("{} in {} was changed after it was written", key, store.shown()));
  }
  Result<std::vector<AssetFile>> files = read_asset_index(object->bytes);
  if (!files) return fail(std::move(files.error()), fmt::format("{} in {}", key, store.shown()));
  return files;
}

}  // namespace peko::code
