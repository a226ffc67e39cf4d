// Compiles Asio, Beast and Boost.URL, once for the whole program. Boost.URL can be compiled from
// its headers in 1.81; later versions need its library.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/url/src.hpp>
