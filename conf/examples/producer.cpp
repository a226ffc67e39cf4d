// Sends events to ffl-agent with libcurl: NDJSON on standard input, one event a line, each with an
// id (without one an event that is sent again cannot be recognised and is delivered twice).
//
//   g++ -std=c++17 -O2 -Wall producer.cpp -lcurl -o producer
//   recogniser | ./producer
//   FFL_URL=https://board-7:8093 FFL_TOKEN_FILE=token FFL_CA_FILE=agent.crt ./producer
//   <events.ndjson FFL_SOCKET=/run/ffl-agent/agent.sock ./producer <events.ndjson
//
// Waits and sends the same bytes again until the agent says 202. Exit code: 0 all accepted, 65 some
// were faulty and left out, 77 the token or another setting is wrong.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <curl/curl.h>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>

namespace {

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

enum class Outcome { accepted, faulty, misconfigured };

class Producer {
  public:
    Producer() {
        const auto url = setting("FFL_URL");
        set(CURLOPT_URL, (url.empty() ? "http://127.0.0.1:8093" : url) + "/v1/events");
        set(CURLOPT_UNIX_SOCKET_PATH, setting("FFL_SOCKET"));
        set(CURLOPT_CAINFO, setting("FFL_CA_FILE"));
        curl_easy_setopt(curl_.get(), CURLOPT_TIMEOUT, 15L);
        curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl_.get(), CURLOPT_ERRORBUFFER, error_);
        curl_easy_setopt(curl_.get(), CURLOPT_WRITEDATA, &answer_);
        curl_easy_setopt(curl_.get(), CURLOPT_WRITEFUNCTION, &Producer::append);
        set_headers();
    }
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    /// Returns when the agent has stored the event, or never will.
    Outcome send(const std::string& event) {
        bool token_was_read = false;
        for (int failures = 0;;) {
            const long status = post(event);
            if (status == 202) {
                std::cout << answer_ << std::endl;
                return Outcome::accepted;
            }
            if (status == 400 || status == 413 || status == 415 || status == 508) {
                std::cerr << "producer: left out, " << status << ": " << answer_ << '\n';
                return Outcome::faulty;
            }
            if (status == 401 && !token_was_read) {
                // The token may have been replaced; a second 401 says that it is wrong.
                token_was_read = true;
                set_headers();
                continue;
            }
            if (status != 0 && status != 408 && status != 429 && status < 500) {
                std::cerr << "producer: stopped, " << status << ": " << answer_ << '\n';
                return Outcome::misconfigured;
            }
            // Not stored, or nobody knows: the same bytes again, which is always safe.
            const auto wait = pause(++failures);
            std::cerr << "producer: " << (status == 0 ? error_ : std::to_string(status).c_str())
                      << "; again in " << wait.count() << " ms\n";
            std::this_thread::sleep_for(wait);
        }
    }

  private:
    struct Close {
        void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    static std::size_t append(const char* bytes, std::size_t, std::size_t size, void* to) {
        static_cast<std::string*>(to)->append(bytes, size);
        return size;
    }

    void set(CURLoption option, const std::string& value) {
        if (!value.empty()) {
            curl_easy_setopt(curl_.get(), option, value.c_str());
        }
    }

    void set_headers() {
        curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
        list = curl_slist_append(list, "Expect:"); // else curl asks before it sends a large body
        if (const auto file = setting("FFL_TOKEN_FILE"); !file.empty()) {
            std::string token;
            std::ifstream stream{file};
            std::getline(stream, token);
            list = curl_slist_append(list, ("Authorization: Bearer " + token).c_str());
        }
        headers_.reset(list);
        curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, list);
    }

    /// The status, or 0 where there was no answer. The handle keeps its connection for the next
    /// event, and takes a new one where the agent has closed it meanwhile.
    long post(const std::string& event) {
        answer_.clear();
        curl_easy_setopt(curl_.get(), CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(event.size()));
        curl_easy_setopt(curl_.get(), CURLOPT_POSTFIELDS, event.data());
        if (curl_easy_perform(curl_.get()) != CURLE_OK) {
            return 0;
        }
        long status = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }

    /// What Retry-After asks for (an hour at most), or 1 s, doubling to 30 s, with jitter.
    std::chrono::milliseconds pause(int failures) {
        curl_off_t asked_s = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &asked_s);
        const long longest = std::min(30'000L, 500L << std::min(failures, 6));
        const long own = std::uniform_int_distribution<long>{longest / 2, longest}(random_);
        return std::chrono::milliseconds{
            std::max(own, long(std::min<curl_off_t>(asked_s, 3600)) * 1000)};
    }

    std::unique_ptr<CURL, Close> curl_{curl_easy_init()};
    std::unique_ptr<curl_slist, Close> headers_;
    std::mt19937 random_{std::random_device{}()};
    std::string answer_;
    char error_[CURL_ERROR_SIZE] = "no answer";
};

} // namespace

int main() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    Producer producer;
    int result = 0;
    for (std::string event; std::getline(std::cin, event);) {
        if (event.empty()) {
            continue;
        }
        const auto outcome = producer.send(event);
        if (outcome == Outcome::misconfigured) {
            return 77;
        }
        result = outcome == Outcome::faulty ? 65 : result;
    }
    return result;
}
