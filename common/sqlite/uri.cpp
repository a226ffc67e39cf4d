#include "common/sqlite/uri.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/pchars.hpp>

namespace common {

std::string database_uri(const std::string& path, const std::string& options) {
    return "file:" + boost::urls::encode(path, boost::urls::pchars + '/') + "?" + options;
}

std::string immutable_uri(const std::string& path) {
    return database_uri(path, "immutable=1");
}

} // namespace common
