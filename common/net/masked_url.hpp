// What of a URL is never shown to people, as text: the values of its query, where keys often stand,
// and in a text that is no URL everything that may be a secret. Pure.
#pragma once

#include <string>
#include <string_view>

namespace common {

/// A query without its values: "a=***&b=***"; a part without a name is all value.
std::string masked_query(std::string_view query);

/// Whether a URL's query has values, and all of them are masked: it was copied from where it was
/// shown.
bool has_masked_query(std::string_view url);

/// A URL that is shown without its login, with "***@" where that stood, so that a copy of it is not
/// taken for the URL itself.
std::string with_masked_login(std::string shown);

/// Whether a URL has "***@" where its login stands: it was copied from where it was shown.
bool has_masked_login(std::string_view url);

/// Whether masked_text() leaves out what may be user and password.
bool may_have_login(std::string_view text);

/// A text that is meant to be a URL and is none, without what may be user, password, the values of
/// a query, or a fragment.
std::string masked_text(std::string_view text);

} // namespace common
