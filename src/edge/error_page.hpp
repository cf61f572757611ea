/// ErrorPage: a request that failed, as a page for people: whole without JavaScript, without a byte from elsewhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/dev_channel.hpp"
#include "edge/fault.hpp"
#include "edge/trap_report.hpp"
#include "engine/guest_log.hpp"

namespace peko::edge {

/// Says what the client may know: code, one sentence, the request's id.
std::string error_page(const FaultInfo& fault, std::string_view request_id);

/// A failed request, for whoever writes the function.
struct FailedRequest {
  Fault fault = Fault::Internal;
  std::string request_id;
  std::string function;  ///< empty: none was found
  std::string method;
  std::string target;
  std::string detail;                           ///< why; may have more lines
  std::vector<std::string> frames;              ///< innermost first; empty: not known
  SourceExcerpt source;                         ///< where it failed, if that is known
  std::vector<engine::GuestLine> log;           ///< what the function printed during this request
  std::shared_ptr<const BuildProblem> problem;  ///< why there is nothing that could answer; null: there is
  std::vector<std::string> hosts;               ///< of functions that would answer, when none was found
};

/// Says all of it.
std::string error_page(const FailedRequest& failed);

/// Appends text to HTML, as text: what is in it is shown and never understood.
void append_html(std::string& out, std::string_view text);

}  // namespace peko::edge
