/// For tests: a resolver that answers as it was told.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/resolver.hpp"

namespace peko::net {

/// Each question for a name takes the next of its answers; the last one stays. A name without answers is unknown; one
/// in `silent` is never answered. Lives on one loop and outlives its questions.
class FakeResolver final : public Resolver {
 public:
  std::map<std::string, std::deque<std::vector<Address>>> answers;
  std::vector<std::string> silent;
  std::vector<std::string> asked;

  /// Numeric addresses as one more answer for the name.
  void answer(const std::string& name, const std::vector<std::string>& addresses) {
    std::vector<Address> list;
    for (const std::string& address : addresses) list.push_back(Address::numeric(address, 0).value());
    answers[name].push_back(std::move(list));
  }

  std::unique_ptr<Question> ask(std::string_view name, std::string_view, Loop& loop, Answered answered) override {
    asked.emplace_back(name);
    auto question = std::make_unique<Asked>(std::move(answered));
    for (const std::string& each : silent) {
      if (each == name) return question;
    }
    auto& left = answers[std::string(name)];
    if (!left.empty()) question->addresses = left.front();
    if (left.size() > 1) left.pop_front();
    loop.schedule(*question);
    return question;
  }

 private:
  struct Asked final : Question, Runnable {
    explicit Asked(Answered to) : answered(std::move(to)) {}
    void run() override {
      auto call = std::move(answered);
      const auto answer = std::move(addresses);
      call(answer);
    }
    Answered answered;
    std::vector<Address> addresses;
  };
};

}  // namespace peko::net
