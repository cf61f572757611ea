#include "inspect/page.hpp"

#include <fmt/format.h>

#include <string_view>

#include "base/base64url.hpp"
#include "base/hash.hpp"
#include "inspect/page_sources.hpp"

namespace peko::inspect {

namespace {

// As a policy names a text that may run (CSP 3, section 2.3.1).
std::string source_hash(std::string_view text) { return "'sha256-" + base64url(bytes_of(sha256(text))) + "='"; }

}  // namespace

Page make_page() {
  return {.html = fmt::format("{}<style>{}</style>\n{}<script>{}</script>\n</html>\n", kPageHead, kPageStyle, kPageBody,
                              kPageScript),
          .policy = fmt::format("default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                                source_hash(kPageScript), source_hash(kPageStyle))};
}

}  // namespace peko::inspect
