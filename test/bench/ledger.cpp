#include "test/bench/ledger.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace bench {

namespace {

constexpr std::string_view mark = "\"id\":\"load-";
constexpr unsigned char was_accepted = 1;
constexpr unsigned char has_arrived = 2;

} // namespace

std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::string event_text(std::uint64_t number, std::size_t size, unsigned camera) {
    auto text =
        "{" + std::string{mark} + std::to_string(number) + R"(","type":"face","camera":)" +
        std::to_string(camera) +
        R"(,"matched":true,"matched_card":5,"confidence":0.78,"bs_type":"overall","features":{"liveness":0.9,)"
        R"("headpose":{"yaw":3.5,"pitch":-4.2,"roll":1.8}},"thumbnail":")";
    text += std::string(size > text.size() + 2 ? size - text.size() - 2 : 0, 'x');
    return text + "\"}";
}

std::optional<std::size_t> number_in(std::string_view request) {
    const auto at = request.find(mark);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    std::size_t number = 0;
    const auto* begin = request.data() + at + mark.size();
    const auto read = std::from_chars(begin, request.data() + request.size(), number);
    return read.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

std::optional<std::size_t> Ledger::take(std::size_t count) {
    const auto first = next_.fetch_add(count);
    if (first + count > sent_.size()) {
        next_ -= count;
        return std::nullopt;
    }
    return first;
}

void Ledger::arrived(std::optional<std::size_t> number) {
    const auto now = now_ns();
    if (!number || *number >= next_) {
        ++unknown_;
        return;
    }
    std::int64_t never = 0;
    if (!arrived_[*number].compare_exchange_strong(never, now)) {
        ++again_;
        return;
    }
    ++delivered_;
    note(*number, has_arrived);
}

void Ledger::accepted(std::size_t first, std::size_t count) {
    accepted_ += count;
    for (auto number = first; number < first + count; ++number) {
        note(number, was_accepted);
    }
}

void Ledger::expect(std::size_t count) {
    next_ = count;
    accepted(0, count);
}

void Ledger::note(std::size_t number, unsigned char end) {
    if ((ends_[number].fetch_or(end) | end) == (was_accepted | has_arrived)) {
        ++complete_;
    }
}

std::vector<std::int64_t> Ledger::latencies(std::size_t first, std::size_t last) const {
    std::vector<std::int64_t> result;
    for (auto number = first; number < last; ++number) {
        if (arrived_[number] != 0) {
            result.push_back(arrived_[number] - sent_[number]);
        }
    }
    std::sort(result.begin(), result.end());
    return result;
}

double Ledger::arrivals_per_s() const {
    std::vector<std::int64_t> times;
    for (std::size_t number = 0; number < next_; ++number) {
        if (arrived_[number] != 0) {
            times.push_back(arrived_[number]);
        }
    }
    std::sort(times.begin(), times.end());
    const auto last = times.size() * 99 / 100;
    return last == 0 || times[last] == times[0]
               ? 0
               : static_cast<double>(last) / (static_cast<double>(times[last] - times[0]) / 1e9);
}

} // namespace bench
