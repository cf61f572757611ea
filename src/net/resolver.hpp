/// Resolver: the addresses of a name.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hpp"
#include "net/loop.hpp"

namespace peko::net {

class Resolver {
 public:
  /// A question under way; destroying it takes it back. Lives on the loop that asked.
  class Question {
   public:
    Question() = default;
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    virtual ~Question() = default;
  };
  /// The addresses with port 0, best first; none when the name has none or nobody knows. The span is valid during the
  /// call.
  using Answered = std::move_only_function<void(std::span<const Address>)>;

  /// Asks for `name` and calls `answered` once on `loop`, whose thread this is: later, never from within. `owner` is
  /// who it is for: what waits for one owner's names does not hold up the others'. No deadline: take the question back.
  virtual std::unique_ptr<Question> ask(std::string_view name, std::string_view owner, Loop& loop,
                                        Answered answered) = 0;

 protected:
  ~Resolver() = default;
};

}  // namespace peko::net
