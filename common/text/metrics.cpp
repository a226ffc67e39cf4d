#include "common/text/metrics.hpp"

#include "common/base/printable.hpp"

#include <cmath>

#define FMT_HEADER_ONLY // so that the device needs no shared fmt
#include <fmt/format.h>

namespace common {

namespace {

/// A backslash may only stand before a backslash, a quote or n, so that the escapes of printable()
/// are escaped themselves. A line break has its own.
void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
    for (const char c : printable_lines(text)) {
        if (c == '\n') {
            out += "\\n";
        } else {
            if (c == '\\' || (in_quotes && c == '"')) {
                out += '\\';
            }
            out += c;
        }
    }
}

std::string number(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "+Inf" : "-Inf";
    }
    // Not std::to_chars: the C++ library of the portable build lacks it for floating point.
    return fmt::to_string(value);
}

} // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
    family_ = name;
    text_.append("# HELP ").append(name).append(" ");
    append_escaped(text_, help, false);
    text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::begin_sample(std::string_view suffix, Labels labels, std::string_view le) {
    text_.append(family_).append(suffix);
    char separator = '{';
    const auto label = [&](std::string_view name, std::string_view value) {
        text_ += separator;
        text_.append(name).append("=\"");
        append_escaped(text_, value, true);
        text_ += '"';
        separator = ',';
    };
    for (const auto& [name, value] : labels) {
        label(name, value);
    }
    if (!le.empty()) {
        label("le", le);
    }
    text_ += separator == '{' ? " " : "} ";
}

void MetricsText::sample(Labels labels, double value) {
    begin_sample("", labels);
    text_.append(number(value)).append("\n");
}

void MetricsText::sample(Labels labels, std::uint64_t value) {
    begin_sample("", labels);
    text_.append(std::to_string(value)).append("\n");
}

void MetricsText::sample(Labels labels, const Histogram& histogram) {
    const auto bounds = histogram.bounds();
    const auto end = [this](std::uint64_t value) {
        text_.append(std::to_string(value)).append("\n");
    };
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        begin_sample("_bucket", labels, number(bounds[i]));
        end(histogram.at_most(i));
    }
    begin_sample("_bucket", labels, "+Inf");
    end(histogram.count());
    begin_sample("_sum", labels);
    text_.append(number(histogram.sum())).append("\n");
    begin_sample("_count", labels);
    end(histogram.count());
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value) {
    family(name, "gauge", help);
    sample({}, value);
}

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "counter", help);
    sample({}, value);
}

void MetricsText::histogram(std::string_view name, std::string_view help,
                            const Histogram& histogram) {
    family(name, "histogram", help);
    sample({}, histogram);
}

} // namespace common
