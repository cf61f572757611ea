/// The start of `peko serve`, told as lines of the log.
#pragma once

#include "base/log.hpp"
#include "cli/start_view.hpp"

namespace peko::cli {

/// `log` outlives it.
class ServeView final : public StartView {
 public:
  explicit ServeView(LogSink& log) : log_(log) {}

  void begin(const Settings& settings, const std::vector<code::Function>& functions) override;
  void problem(const Error& error) override;
  void loaded(const node::LoadReport& report) override;
  void ready(const std::string& address, const std::vector<code::Function>& loaded) override;
  void failed(const std::string& why) override;

 private:
  LogSink& log_;
  std::string domain_;
};

}  // namespace peko::cli
