#include "keyvalue/usage.hpp"

namespace peko::keyvalue {
namespace {

std::size_t place_of(Op op) {
  switch (op) {
    case Op::Get: return 0;
    case Op::Exists: return 1;
    case Op::Set: return 2;
    case Op::Delete: return 3;
    case Op::List:
    case Op::ListByRow: return 4;
    case Op::Increment: return 5;
    case Op::Swap: break;
  }
  return 6;
}

}  // namespace

void Usage::count(Op op) { operations_[place_of(op)].fetch_add(1, std::memory_order_relaxed); }

Usage& UsageTable::of(const std::string& function, const std::string& store) {
  const std::scoped_lock lock(mutex_);
  const std::pair key(function, store);
  return usages_.try_emplace(key, function, store).first->second;
}

std::vector<const Usage*> UsageTable::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<const Usage*> all;
  all.reserve(usages_.size());
  for (const auto& [key, usage] : usages_) all.push_back(&usage);
  return all;
}

}  // namespace peko::keyvalue
