#include "edge/kept_request.hpp"

#include <algorithm>
#include <cstring>

namespace peko::edge {

namespace {

constexpr unsigned kServerError = 500;
constexpr std::string_view kCut = "...";

}  // namespace

void KeptRequest::set(const RequestRecord& r, const std::string* name, std::chrono::system_clock::time_point now) {
  std::memcpy(id.characters.data(), r.request_id.data(), std::min(id.characters.size(), r.request_id.size()));
  version = r.version;
  function = name;
  ended = now;
  fetch = r.fetch;
  load = r.load;
  queue = r.queue;
  instantiate = r.instantiate;
  wall = r.wall;
  cpu = r.cpu;
  memory_peak_bytes = r.memory_peak_bytes;
  bytes_in = r.bytes_in;
  bytes_out = r.bytes_out;
  subrequests = r.subrequests;
  status = static_cast<std::uint16_t>(r.status);
  fault = r.fault == nullptr ? kNoFault : static_cast<std::uint8_t>(index_of(*r.fault));
  cold = r.cold;
  flags =
      static_cast<std::uint8_t>((r.aborted ? Aborted : 0) | (r.client_gone ? ClientGone : 0) |
                                (r.retried ? Retried : 0) | (r.log_cut ? LogCut : 0) |
                                (r.versions == RequestRecord::Versions::Several ? Several : 0) | (r.asset ? Asset : 0));
  std::size_t used = 0;
  const auto add = [this, &used](std::string_view bytes, std::size_t most) {
    const std::size_t size = bytes.copy(text + used, most);  // also of nothing, which memcpy may not be given
    used += size;
    return static_cast<std::uint8_t>(size);
  };
  method_size = add(r.method, kMethodBytesMax);
  target_size = add(r.target, kTargetBytesMax);
  if (r.target.size() > kTargetBytesMax) std::memcpy(text + used - kCut.size(), kCut.data(), kCut.size());
  detail_size = add(r.detail, kTextBytes - used);
}

RequestRecord KeptRequest::record() const {
  return {
      .request_id = id.view(),
      .function = function == nullptr ? std::string_view() : *function,
      .version = version,
      .versions = (flags & Several) != 0 ? RequestRecord::Versions::Several : RequestRecord::Versions::One,
      .method = method(),
      .target = target(),
      .status = status,
      .fault = fault == kNoFault ? nullptr : &info(static_cast<Fault>(fault)),
      .detail = detail(),
      .aborted = (flags & Aborted) != 0,
      .client_gone = (flags & ClientGone) != 0,
      .cold = cold,
      .retried = (flags & Retried) != 0,
      .fetch = fetch,
      .load = load,
      .queue = queue,
      .wall = wall,
      .cpu = cpu,
      .instantiate = instantiate,
      .memory_peak_bytes = memory_peak_bytes,
      .bytes_in = bytes_in,
      .bytes_out = bytes_out,
      .subrequests = subrequests,
      .log_cut = (flags & LogCut) != 0,
      .asset = (flags & Asset) != 0,
  };
}

bool is_failure(const RequestRecord& record) {
  return record.status >= kServerError || record.aborted ||
         (record.fault != nullptr && record.fault->status >= kServerError);
}

}  // namespace peko::edge
