#include "net/address_class.hpp"

#include <array>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace peko::net {
namespace {

struct Row {
  std::string_view range;
  AddressClass kind;
};

// The first row that holds an address counts. IANA's registries of special-purpose addresses (RFC 6890) in the state of
// 2025, and the addresses of cloud metadata services.
constexpr std::array kRows = {
    Row{"169.254.169.254", AddressClass::Metadata},     // AWS, Azure, GCP, OCI and most others
    Row{"169.254.170.2", AddressClass::Metadata},       // AWS ECS: credentials of tasks
    Row{"169.254.170.23", AddressClass::Metadata},      // AWS EKS: credentials of pods
    Row{"100.100.100.200", AddressClass::Metadata},     // Alibaba Cloud
    Row{"192.0.0.192", AddressClass::Metadata},         // OCI
    Row{"168.63.129.16", AddressClass::Metadata},       // Azure: the host's own services
    Row{"fd00:ec2::/32", AddressClass::Metadata},       // AWS
    Row{"fd20:ce::254", AddressClass::Metadata},        // GCP
    Row{"fd00:c1::a9fe:a9fe", AddressClass::Metadata},  // OCI
    Row{"0.0.0.0/8", AddressClass::Unspecified},
    Row{"10.0.0.0/8", AddressClass::Private},
    Row{"100.64.0.0/10", AddressClass::Shared},
    Row{"127.0.0.0/8", AddressClass::Loopback},
    Row{"169.254.0.0/16", AddressClass::LinkLocal},
    Row{"172.16.0.0/12", AddressClass::Private},
    Row{"192.0.0.0/24", AddressClass::Reserved},
    Row{"192.0.2.0/24", AddressClass::Documentation},
    Row{"192.88.99.0/24", AddressClass::Reserved},  // 6to4 relays, deprecated by RFC 7526
    Row{"192.168.0.0/16", AddressClass::Private},
    Row{"198.18.0.0/15", AddressClass::Benchmarking},
    Row{"198.51.100.0/24", AddressClass::Documentation},
    Row{"203.0.113.0/24", AddressClass::Documentation},
    Row{"224.0.0.0/4", AddressClass::Multicast},
    Row{"255.255.255.255", AddressClass::Broadcast},
    Row{"240.0.0.0/4", AddressClass::Reserved},
    Row{"0.0.0.0/0", AddressClass::Public},
    Row{"::", AddressClass::Unspecified},
    Row{"::1", AddressClass::Loopback},
    Row{"fc00::/7", AddressClass::Private},
    Row{"fec0::/10", AddressClass::Private},  // site-local, deprecated by RFC 3879
    Row{"fe80::/10", AddressClass::LinkLocal},
    Row{"ff00::/8", AddressClass::Multicast},
    Row{"2001:db8::/32", AddressClass::Documentation},
    Row{"3fff::/20", AddressClass::Documentation},
    Row{"2001:2::/48", AddressClass::Benchmarking},
    Row{"2001::/23", AddressClass::Reserved},  // protocol assignments
    Row{"2000::/3", AddressClass::Public},     // all that has ever been assigned
    Row{"::/0", AddressClass::Reserved},
};

using Ranges = std::vector<std::pair<AddressRange, AddressClass>>;

Ranges parse_rows() {
  Ranges ranges;
  for (const Row& row : kRows) {
    const Result<AddressRange> range = AddressRange::parse(row.range);
    PEKO_ASSERT(range.has_value(), "the rows above are ranges");
    ranges.emplace_back(*range, row.kind);
  }
  return ranges;
}

}  // namespace

std::string_view to_string(AddressClass kind) {
  switch (kind) {
    case AddressClass::Public: return "a public address";
    case AddressClass::Unspecified: return "an unspecified address";
    case AddressClass::Loopback: return "a loopback address";
    case AddressClass::Private: return "a private address";
    case AddressClass::LinkLocal: return "a link-local address";
    case AddressClass::Metadata: return "the address of a cloud's metadata";
    case AddressClass::Shared: return "a provider's shared address";
    case AddressClass::Multicast: return "a multicast address";
    case AddressClass::Broadcast: return "the broadcast address";
    case AddressClass::Documentation: return "an address for documentation";
    case AddressClass::Benchmarking: return "an address for benchmarks";
    case AddressClass::Reserved: return "a reserved address";
  }
  return "an address";
}

AddressClass classify(const CanonicalIp& ip) {
  static const Ranges ranges = parse_rows();
  for (const auto& [range, kind] : ranges) {
    if (range.contains(ip)) return kind;
  }
  return AddressClass::Reserved;
}

}  // namespace peko::net
