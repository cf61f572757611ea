#include "edge/guest_lines.hpp"

#include <algorithm>
#include <utility>

namespace peko::edge {

void GuestLines::add(std::string_view function, std::string_view id, std::chrono::system_clock::time_point time,
                     engine::GuestLine line) {
  auto place = shares_.find(function);
  if (place == shares_.end()) place = shares_.emplace(std::string(function), Share()).first;
  Share& share = place->second;
  lines_.push_back({.function = &place->first,
                    .id = {},
                    .time = time,
                    .line = std::move(line),
                    .number = count_.value(),
                    .number_of_function = share.count});
  KeptLine& kept = lines_.back();
  std::ranges::copy(id.substr(0, kept.id.characters.size()), kept.id.characters.begin());
  if (kept.has_id()) append_to_request(kept);
  share.lines.push_back(std::prev(lines_.end()));
  share.count++;
  count_.add();
  share.bytes += kept.bytes();
  bytes_ += kept.bytes();
  while (share.bytes > bytes_max_ / kShares && share.lines.size() > 1) drop_oldest(share);
  while (bytes_ > bytes_max_ && lines_.size() > 1) drop_oldest(shares_.find(*lines_.front().function)->second);
}

void GuestLines::drop_oldest(Share& share) {
  const auto oldest = share.lines.front();
  share.lines.pop_front();
  share.bytes -= oldest->bytes();
  bytes_ -= oldest->bytes();
  if (oldest->has_id()) remove_from_request(*oldest);
  lines_.erase(oldest);
}

void GuestLines::append_to_request(KeptLine& line) {
  KeptLine*& last = last_of_request_[line.id];
  line.earlier = last;
  if (last != nullptr) last->later = &line;
  last = &line;
}

void GuestLines::remove_from_request(const KeptLine& line) {
  if (line.earlier != nullptr) line.earlier->later = line.later;
  if (line.later != nullptr) {
    line.later->earlier = line.earlier;
  } else if (line.earlier != nullptr) {
    last_of_request_[line.id] = line.earlier;
  } else {
    last_of_request_.erase(line.id);
  }
}

const KeptLine* GuestLines::last_of(std::string_view id) const {
  RequestIdText text;
  if (id.size() != text.characters.size()) return nullptr;
  std::ranges::copy(id, text.characters.begin());
  const auto found = last_of_request_.find(text);
  return found == last_of_request_.end() ? nullptr : found->second;
}

std::uint64_t GuestLines::count(std::string_view function) const {
  const auto share = shares_.find(function);
  return share == shares_.end() ? 0 : share->second.count;
}

const std::deque<std::list<KeptLine>::iterator>* GuestLines::lines(std::string_view function) const {
  const auto share = shares_.find(function);
  return share == shares_.end() ? nullptr : &share->second.lines;
}

}  // namespace peko::edge
