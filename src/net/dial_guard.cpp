#include "net/dial_guard.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "base/unique_fd.hpp"

namespace peko::net {
namespace {

// Whether the address is one of this machine's: the kernel then takes it as the source too. Sends nothing. Three calls,
// but only for a port that the node listens on.
bool is_this_machine(const Address& address) {
  const UniqueFd probe(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (probe.get() < 0 || ::connect(probe.get(), address.raw(), address.raw_size()) != 0) return true;  // rather refused
  return canonical_ip(Address::of_socket(probe.get())) == canonical_ip(address);
}

}  // namespace

bool DialGuard::allows(const Address& address) const {
  const CanonicalIp ip = canonical_ip(address);
  const AddressClass kind = classify(ip);
  const auto holds = [&ip](const AddressRange& range) { return range.contains(ip); };
  if (kind != AddressClass::Public && std::ranges::none_of(allowed_, holds)) return false;
  if (std::ranges::find(own_ports_, address.port()) == own_ports_.end()) return true;
  return kind != AddressClass::Loopback && kind != AddressClass::Unspecified && !is_this_machine(address);
}

}  // namespace peko::net
