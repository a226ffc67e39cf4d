// Asio, Beast and Boost.URL are compiled here, once. Boost.URL is header-only in this way in 1.81;
// later versions have a library.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/url/src.hpp>
