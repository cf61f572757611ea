/// The dialect of INI files that AWS's tools keep profiles in.
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace peko::cloud {

struct IniSection {
  std::string name;  ///< what is in the brackets, with single spaces and without quotes: "profile blue"
  std::map<std::string, std::string, std::less<>> values;  ///< names in lower case; of equal names the last one holds
};

/// The sections in their order, also of equal names. A comment begins with '#' or ';' at the start of a line or behind
/// a space. Indented lines go on with a value or hold properties of it; nothing here needs them, so they are left out.
/// Invalid, with the line's number but never its text, which may be a secret: a section that is not closed, a line that
/// is neither section nor property, a property before any section.
Result<std::vector<IniSection>> parse_ini(std::string_view text);

}  // namespace peko::cloud
