// How a Call is answered by an asset of its version: at once, when its bytes have been brought, or piece by piece.
#include <fmt/format.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

#include "code/asset_path.hpp"
#include "code/asset_type.hpp"
#include "code/paths.hpp"
#include "edge/asset_call.hpp"
#include "edge/call.hpp"
#include "edge/edge.hpp"

namespace peko::edge {

namespace {

// As long as for a function's code: clients and load balancers wait longer.
constexpr std::chrono::seconds kAssetWait{10};
// As large as a loop may copy between two looks at its sockets.
constexpr std::size_t kPieceBytes = std::size_t{128} << 10U;
constexpr std::string_view kNotFoundPage = "404.html";
constexpr std::size_t kNumberBytes = 24;

// A number as text, on the stack.
class Digits {
 public:
  explicit Digits(std::uint64_t number) : end_(fmt::format_to_n(text_.data(), text_.size(), "{}", number).out) {}
  [[nodiscard]] std::string_view view() const { return {text_.data(), static_cast<std::size_t>(end_ - text_.data())}; }

 private:
  std::array<char, kNumberBytes> text_;
  char* end_;
};

std::string_view cache_control(AssetAnswer::Keep keep, bool for_one_client) {
  switch (keep) {
    case AssetAnswer::Keep::Forever: return "public, max-age=31536000, immutable";
    case AssetAnswer::Keep::Live: return "no-cache";
    case AssetAnswer::Keep::Revalidate: break;
  }
  return for_one_client ? "private, max-age=0, must-revalidate" : "public, max-age=0, must-revalidate";
}

bool reads(std::string_view method) { return method == "GET" || method == "HEAD"; }

// From what the kernel holds in memory; nothing when the disk would have to be waited for, or cannot tell.
std::string read_at_hand(int file, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  const iovec into{.iov_base = bytes.data(), .iov_len = size};
  const ssize_t got = ::preadv2(file, &into, 1, static_cast<off_t>(at), RWF_NOWAIT);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

}  // namespace

// Whether an asset answers, now or later; else the function does.
bool Call::ask_assets(const http::RequestHead& head) {
  const pool::Version& version = shelf_->version();
  if (!reads(head.method)) return version.alone() && refuse_method();
  if (!code::asset_path_of(head.target, asset_path_)) return nothing_there(head);
  const code::Assets& assets = *version.assets;
  if (!assets.folder().empty()) {
    look_into_folder(begin_live(head));
    return true;
  }
  switch (code::locate_asset(asset_path_, [&](const std::string& path) { return assets.find(path) != nullptr; })) {
    case code::AssetAt::Nowhere: return nothing_there(head);
    case code::AssetAt::Folder: redirect_to_folder(head.target); return true;
    case code::AssetAt::File: break;
  }
  const code::Assets::Entry& entry = *assets.find(asset_path_);
  AssetAnswer answer = answer_of(entry, head);
  answer.plan = plan_asset(head, EntityTag(answer.blob.hash).view(), answer.blob.size);
  answer_asset(head, answer);
  return true;
}

AssetAnswer Call::answer_of(const code::Assets::Entry& entry, const http::RequestHead& head) {
  const code::AssetFile& file = entry.file;
  const Codings at_hand{.brotli = file.brotli.has_value(), .gzip = file.gzip.has_value()};
  AssetAnswer answer{.type = entry.type,
                     .keep = entry.fingerprinted ? AssetAnswer::Keep::Forever : AssetAnswer::Keep::Revalidate,
                     .blob = file.plain,
                     .coding = choose_coding(head.fields, at_hand),
                     .varies = at_hand.brotli || at_hand.gzip,
                     .plan = {}};
  if (answer.coding == Coding::Brotli) answer.blob = *file.brotli;
  if (answer.coding == Coding::Gzip) answer.blob = *file.gzip;
  return answer;
}

// False: the function answers. Assets alone answer themselves, by a page of theirs if there is one.
bool Call::nothing_there(const http::RequestHead& head) {
  const pool::Version& version = shelf_->version();
  if (!version.alone()) return false;
  if (!version.assets->folder().empty()) {
    look_for_page(begin_live(head));
    return true;
  }
  const code::Assets::Entry* const page = version.assets->find(kNotFoundPage);
  if (page == nullptr) {
    refuse(Fault::NoAsset, "");
    return true;
  }
  AssetAnswer answer = answer_of(*page, head);
  answer.plan = {.status = 404, .first = 0, .size = answer.blob.size};
  answer_asset(head, answer);
  return true;
}

bool Call::refuse_method() {
  const std::array<http::Field, 3> fields{
      {{"allow", "GET, HEAD"}, {"content-length", "0"}, {"peko-request-id", id_.view()}}};
  status_ = 405;
  exchange_->send_head({.status = status_, .fields = fields});
  end_asset();
  return true;
}

// The target begins with one '/', so it stays at this host.
void Call::redirect_to_folder(std::string_view target) {
  const std::size_t query = std::min(target.find('?'), target.size());
  const std::string location = fmt::format("{}/{}", target.substr(0, query), target.substr(query));
  const std::array<http::Field, 4> fields{{{"location", location},
                                           {"cache-control", "no-cache"},
                                           {"content-length", "0"},
                                           {"peko-request-id", id_.view()}}};
  status_ = 307;
  exchange_->send_head({.status = status_, .fields = fields});
  end_asset();
}

// Sends it, or has its bytes brought first.
void Call::answer_asset(const http::RequestHead& head, const AssetAnswer& answer) {
  const bool has_body = answer.plan.size > 0 && head.method != "HEAD";
  if (!has_body) {
    send_asset_head(answer);
    return end_asset();
  }
  if (const LoopAsset* const held = edge_.assets_.find(answer.blob.hash, edge_.loop_.now())) {
    return send_asset(answer, *held);
  }
  AssetCall& call = begin_asset();
  call.answer = answer;
  call.bytes = std::make_shared<Awaited<std::shared_ptr<HeldAsset>>>(progress_);
  edge_.asset_source_->bring(shelf_->version().assets, answer.blob, deliver(edge_.loop_, call.bytes));
}

AssetCall& Call::begin_asset() {
  asset_ = std::make_unique<AssetCall>(*shelf_, progress_);
  exchange_->notify(&progress_);
  wait_for_asset();
  return *asset_;
}

// For what comes from another thread: it may hang with the disk or the store.
void Call::wait_for_asset() {
  asset_->asked = edge_.loop_.now();
  arm(edge_.loop_.deadlines(), asset_->asked + kAssetWait);
}

void Call::send_asset_head(const AssetAnswer& answer) {
  const AssetPlan& plan = answer.plan;
  const EntityTag tag(answer.blob.hash);
  const bool names_version = by_luck_ && answer.keep != AssetAnswer::Keep::Forever;
  const bool has_content = plan.status == 200 || plan.status == 206 || plan.status == 404;
  const bool is_kept = has_content || plan.status == 304;  // no cache may take a refusal for the file
  const Digits length(plan.size);
  std::string range;
  std::string cookie;
  std::optional<VersionText> version;
  fields_.clear();
  if (has_content) {
    fields_.push_back({"content-type", answer.type});
    fields_.push_back({"x-content-type-options", "nosniff"});
    if (answer.coding != Coding::Plain) fields_.push_back({"content-encoding", to_string(answer.coding)});
  }
  if (plan.status != 304) fields_.push_back({"content-length", length.view()});
  if (plan.status == 206) {
    range = fmt::format("bytes {}-{}/{}", plan.first, plan.first + plan.size - 1, answer.blob.size);
    fields_.push_back({"content-range", range});
  } else if (plan.status == 416) {
    range = fmt::format("bytes */{}", answer.blob.size);
    fields_.push_back({"content-range", range});
  }
  if (plan.status != 404) {
    fields_.push_back({"etag", tag.view()});
    fields_.push_back({"accept-ranges", "bytes"});
  }
  fields_.push_back({"cache-control", is_kept ? cache_control(answer.keep, names_version) : "no-store"});
  if (answer.varies) fields_.push_back({"vary", "accept-encoding"});
  fields_.push_back({"peko-request-id", id_.view()});
  if (several_) fields_.push_back({kVersionField, version.emplace(shelf_->version().number).view()});
  if (names_version) {
    cookie = version_cookie(version->view());
    fields_.push_back({"set-cookie", cookie});
  }
  status_ = plan.status;
  exchange_->send_head({.status = plan.status, .fields = fields_});
  head_sent_ = true;
}

void Call::send_asset(const AssetAnswer& answer, const LoopAsset& held) {
  const HeldAsset& asset = **held;
  const AssetPlan& plan = answer.plan;
  if (asset.size != answer.blob.size) {
    return refuse(Fault::Store, "the list of the static files gives another size than the file has");
  }
  send_asset_head(answer);
  if (!asset.content.file) {
    exchange_->write(chunk_of(held, std::string_view(asset.content.bytes).substr(plan.first, plan.size)));
    return end_asset();
  }
  if (!asset_) begin_asset();
  disarm();  // from here on the client sets the pace, and the connection's own deadline watches it
  asset_->file = held;
  asset_->at = plan.first;
  asset_->end = plan.first + plan.size;
  move_asset();
}

void Call::end_asset() {
  asset_answered_ = true;
  finish_exchange();
  asset_.reset();
  over_ = true;
}

// One piece in each round of the loop, so that others have their turn: what the kernel has in memory, the rest by a
// thread that may wait.
void Call::move_asset() {
  AssetCall& call = *asset_;
  std::string bytes;
  if (call.piece) {
    if (!call.piece->result) return;
    disarm();
    if (!*call.piece->result) return refuse(Fault::Store, call.piece->result->error().message);
    if (!exchange_->writable()) return;
    bytes = std::move(**call.piece->result);
    call.piece.reset();
  } else {
    if (!exchange_->writable()) return;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, call.end - call.at));
    bytes = read_at_hand((*call.file)->content.file.get(), call.at, size);
    if (bytes.empty()) {
      call.piece = std::make_shared<Awaited<std::string>>(progress_);
      wait_for_asset();
      edge_.asset_source_->read(*call.file, call.at, size, deliver(edge_.loop_, call.piece));
      return;
    }
  }
  call.at += bytes.size();
  exchange_->write(http::Chunk::of(std::move(bytes)));
  if (call.at == call.end) return end_asset();
  progress_.set();
}

AssetCall& Call::begin_live(const http::RequestHead& head) {
  if (!head_copy_) head_copy_.emplace(head);
  return begin_asset();
}

void Call::look_into_folder(AssetCall& call) {
  call.live = std::make_shared<Awaited<LiveAsset>>(progress_);
  edge_.asset_source_->look(shelf_->version().assets, asset_path_, deliver(edge_.loop_, call.live));
}

// Assets alone: the page for what is not there, if there is one.
void Call::look_for_page(AssetCall& call) {
  call.for_page = true;
  asset_path_ = kNotFoundPage;
  look_into_folder(call);
}

// A file of a project's folder, or the function's turn.
void Call::use_live(Result<LiveAsset> found) {
  const http::RequestHead& head = head_copy_->head();
  const bool for_page = asset_->for_page;
  if (!found) return refuse(Fault::Store, found.error().message);
  if (for_page && found->path != kNotFoundPage) found->is = LiveAsset::Is::Nothing;
  switch (found->is) {
    case LiveAsset::Is::Folder: return redirect_to_folder(head.target);
    case LiveAsset::Is::Nothing:
      if (shelf_->version().alone() && !for_page) return look_for_page(*asset_);
      disarm();
      loaded_at_ = edge_.clock_.now();  // the function's limits count from here
      if (!shelf_->version().alone()) {
        ask_function(head);
      } else {
        refuse(Fault::NoAsset,
               fmt::format("There is no such file in {}.", code::shown(shelf_->version().assets->folder())));
      }
      asset_.reset();
      return;
    case LiveAsset::Is::File: break;
  }
  const auto held = std::make_shared<HeldAsset>();
  held->content.bytes = std::move(found->bytes);
  held->size = held->content.bytes.size();
  AssetAnswer answer{.type = code::asset_type(found->path),
                     .keep = AssetAnswer::Keep::Live,
                     .blob = {.hash = sha256(held->content.bytes), .size = held->size},
                     .coding = Coding::Plain,
                     .varies = false,
                     .plan = {}};
  answer.plan = for_page ? AssetPlan{.status = 404, .first = 0, .size = held->size}
                         : plan_asset(head, EntityTag(answer.blob.hash).view(), held->size);
  if (answer.plan.size == 0) {
    send_asset_head(answer);
    return end_asset();
  }
  send_asset(answer, std::make_shared<const std::shared_ptr<HeldAsset>>(held));
}

void Call::turn_asset() {
  AssetCall& call = *asset_;
  if (expired_) {
    return refuse(Fault::Store, fmt::format("waited {} ms for a static file",
                                            (edge_.loop_.now() - asset_->asked) / std::chrono::milliseconds(1)));
  }
  if (call.live) {
    if (!call.live->result) return;
    const auto live = std::exchange(call.live, nullptr);
    return use_live(std::move(*live->result));
  }
  if (call.bytes) {
    if (!call.bytes->result) return;
    const auto bytes = std::exchange(call.bytes, nullptr);
    Result<std::shared_ptr<HeldAsset>>& brought = *bytes->result;
    fetch_ = edge_.clock_.now() - started_;
    if (!brought) {
      const bool overloaded = brought.error().code == Code::Overloaded;
      return refuse(overloaded ? Fault::Overloaded : Fault::Store, brought.error().message);
    }
    const AssetAnswer answer = call.answer;
    const LoopAsset held = edge_.assets_.put(answer.blob.hash, std::move(*brought));
    return send_asset(answer, held);
  }
  move_asset();
}

}  // namespace peko::edge
