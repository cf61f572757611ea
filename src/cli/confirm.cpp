#include "cli/confirm.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace peko::cli {
namespace {

std::vector<Confirmation> ask_nodes(const Context& context, const Settings& settings,
                                    const std::vector<std::string>& urls, const Awaited& awaited) {
  const Result<cloud::HttpTransport*> http = context.http();
  if (http) return await_nodes(**http, urls, settings.node.admin_token, awaited);
  std::vector<Confirmation> confirmations;
  confirmations.reserve(urls.size());
  for (const std::string& url : urls) confirmations.push_back({.url = url, .problem = http.error().message});
  return confirmations;
}

}  // namespace

Result<std::vector<std::string>> admin_urls(const CommandLine& line) {
  std::vector<std::string> urls;
  for (const std::string& text : line.store.admins) {
    Result<std::string> url = admin_url(text);
    if (!url) return fail(std::move(url.error()), "--admin");
    urls.push_back(std::move(*url));
  }
  return urls;
}

std::vector<Confirmation> confirm(Steps& steps, const Context& context, const Settings& settings,
                                  const std::vector<std::string>& urls, const Awaited& awaited) {
  if (urls.empty()) return {};
  steps.begin(fmt::format("waiting for {} {}", urls.size(), urls.size() == 1 ? "node" : "nodes"));
  std::vector<Confirmation> confirmations = ask_nodes(context, settings, urls, awaited);
  for (const Confirmation& node : confirmations) {
    if (node.problem.empty()) {
      steps.done("confirmed", node.url);
    } else {
      steps.warn("not yet", fmt::format("{}: {}", node.url, node.problem));
    }
  }
  return confirmations;
}

int status_of(const std::vector<Confirmation>& confirmations) {
  return std::ranges::all_of(confirmations, [](const Confirmation& node) { return node.problem.empty(); })
             ? kExitOk
             : kExitFailed;
}

void append_nodes(JsonWriter& json, const std::vector<Confirmation>& confirmations) {
  json.key("nodes").begin_array();
  for (const Confirmation& node : confirmations) {
    json.begin_object().key("url").value(node.url).key("confirmed").value(node.problem.empty());
    if (!node.problem.empty()) json.key("problem").value(node.problem);
    json.end_object();
  }
  json.end_array();
}

}  // namespace peko::cli
