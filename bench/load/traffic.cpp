#include "load/traffic.hpp"

#include <algorithm>
#include <cmath>

namespace peko::bench {
namespace {

std::string head_of(const Plan& plan, unsigned number, Requests::Last last) {
  std::string host = plan.host;
  if (const std::size_t place = host.find("{}"); place != std::string::npos) {
    host.replace(place, 2, std::to_string(number));
  }
  std::string head = plan.method + " " + plan.path + " HTTP/1.1\r\nhost: " + host + "\r\n";
  for (const std::string& field : plan.fields) head += field + "\r\n";
  if (!plan.body.empty()) head += "content-length: " + std::to_string(plan.body.size()) + "\r\n";
  if (last == Requests::Last::Yes) head += "connection: close\r\n";
  return head + "\r\n";
}

}  // namespace

Requests::Requests(const Plan& plan) {
  double sum = 0;
  for (unsigned number = 0; number < plan.hosts; ++number) {
    heads_.push_back(head_of(plan, number, Last::No));
    last_heads_.push_back(head_of(plan, number, Last::Yes));
    if (plan.hosts > 1) shares_.push_back(sum += 1 / std::pow(number + 1, plan.zipf));
  }
}

std::string_view Requests::head(Last last) {
  std::size_t number = 0;
  if (!shares_.empty()) {
    const double point = std::uniform_real_distribution<double>(0, shares_.back())(random_);
    number = static_cast<std::size_t>(std::ranges::lower_bound(shares_, point) - shares_.begin());
  }
  return last == Last::Yes ? last_heads_[number] : heads_[number];
}

}  // namespace peko::bench
