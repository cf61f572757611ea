/// The inspector's page: what people see at the admin listener.
#pragma once

#include <string>

namespace peko::inspect {

struct Page {
  std::string html;
  /// The content-security-policy that it goes with: only its own script and style run, and it asks nobody but the
  /// listener that it came from.
  std::string policy;
};

/// The sources in page/, put together. It has no data: it fetches them, with the operator's token when there is one.
Page make_page();

}  // namespace peko::inspect
