#include "doctor/network.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "net/address.hpp"
#include "net/caching_resolver.hpp"
#include "net/listener.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArea = "network";

/// The state of a socket that listens, in /proc/net/tcp (proc(5); include/net/tcp_states.h).
constexpr std::string_view kListens = "0A";

/// The sockets that listen on `port`, by their number in the file system.
std::set<std::string> listening_sockets(std::uint16_t port, const fs::path& root) {
  std::set<std::string> sockets;
  const std::string wanted = fmt::format(":{:04X}", port);
  for (const char* table : {"proc/net/tcp", "proc/net/tcp6"}) {
    std::ifstream file(root / table);
    for (std::string line; std::getline(file, line);) {
      // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...
      std::istringstream words(line);
      const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
      if (fields.size() > 9 && fields[1].ends_with(wanted) && fields[3] == kListens) sockets.insert(fields[9]);
    }
  }
  return sockets;
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (const fs::directory_entry& file : fs::directory_iterator(process / "fd", error)) {
    const std::string target = fs::read_symlink(file.path(), error).string();
    if (!error && target.starts_with("socket:[") && sockets.contains(target.substr(8, target.size() - 9))) return true;
  }
  return false;
}

std::uint16_t next_port(std::uint16_t port) { return port < 65535 ? static_cast<std::uint16_t>(port + 1) : 3000; }

Finding in_use(Finding finding, const std::string& setting, const net::Address& address, const fs::path& root) {
  const std::optional<Listening> who = who_listens(address.port(), root);
  finding.state = State::Fail;
  if (who && who->name == "peko") {
    finding.state = State::Ok;
    finding.detail = fmt::format("{}: a peko listens there already (process {})", address.text(), who->pid);
    return finding;
  }
  const std::string named =
      who && who->pid != 0 ? fmt::format("{} (process {})", who->name, who->pid) : "another program";
  finding.detail = fmt::format("{} is in use by {}", address.text(), named);
  finding.fix = fmt::format("{} {}", setting, address.with_port(next_port(address.port())).text());
  if (who && who->pid != 0) finding.fix += fmt::format(", or end that program: kill {}", who->pid);
  return finding;
}

}  // namespace

std::optional<Listening> who_listens(std::uint16_t port, const fs::path& root) {
  const std::set<std::string> sockets = listening_sockets(port, root);
  if (sockets.empty()) return std::nullopt;
  std::error_code error;
  for (const fs::directory_entry& process : fs::directory_iterator(root / "proc", error)) {
    const std::string name = process.path().filename().string();
    std::uint64_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) continue;
    if (!holds_one_of(process.path(), sockets)) continue;
    const Result<std::string> command = read_file(process.path() / "comm", 4096);
    return Listening{.pid = pid, .name = std::string(trim(command.value_or("")))};
  }
  return Listening{};
}

Finding check_port(const std::string& setting, const std::string& listen, const fs::path& root) {
  Finding finding{.area = kArea, .subject = setting, .state = State::Ok, .detail = listen + " is free", .fix = {}};
  const Result<net::Address> address = net::Address::parse(listen);
  const Result<net::Listener> listener =
      address ? net::Listener::bind(*address, net::Sharing::First) : fail(address.error());
  if (listener) return finding;
  const Error& error = listener.error();
  if (error.code == Code::Conflict) return in_use(std::move(finding), setting, *address, root);
  finding.state = State::Fail;
  finding.detail = error.message;
  finding.fix = fmt::format("{} 127.0.0.1:{}, or an address of this machine (ip address)", setting,
                            address ? address->port() : 3000);
  if (error.code == Code::Denied) {
    finding.fix =
        fmt::format("setcap cap_net_bind_service=+ep {}, or a port from 1024 on", "$(readlink -f $(which peko))");
  }
  return finding;
}

Finding check_name(const std::string& domain) {
  const std::string name = "peko-doctor." + domain;
  Finding finding{.area = kArea, .subject = "names", .state = State::Ok, .detail = {}, .fix = {}};
  if (!net::system_addresses(name).empty()) {
    finding.detail = fmt::format("*.{} lead to an address", domain);
    return finding;
  }
  finding.state = State::Warn;
  if (domain == "localhost") {
    finding.detail = "the resolver does not know *.localhost; browsers and curl do, other programs may not";
    finding.fix = "apt-get install libnss-myhostname, or send `Host: NAME.localhost` to 127.0.0.1";
  } else {
    finding.detail = fmt::format("*.{} lead nowhere", domain);
    finding.fix =
        fmt::format("a wildcard record *.{} in the DNS, with the address of the load balancer or of the node", domain);
  }
  return finding;
}

}  // namespace peko::doctor
