#include "common/http_client/resolver.hpp"

#include "common/http_client/shortage.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

namespace common {

namespace {

// getaddrinfo with its plug-ins keeps buffers of up to 64 KiB on the stack.
constexpr std::size_t thread_stack = 512 * 1024;
constexpr std::size_t names_kept = 256;
/// How long a request waits for a name that was last asked for in vain. The lookup goes on without
/// it, and the next request finds its answer: meanwhile nothing of the connections in flight is
/// held.
constexpr Millis patience_with_silence{1'000};

/// A lookup thread's way back to the loop, which may be gone once the resolver is closed.
struct LoopAccess {
    std::mutex mutex;
    bool open = true;
    Executor loop;
    explicit LoopAccess(Executor executor) : loop{std::move(executor)} {}
};

Error lookup_failure(int code) {
    const int why = errno;
    if (out_of_descriptors()) {
        return {Fault::own, std::string{"resolve: "} + std::strerror(EMFILE)};
    }
    switch (code) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
        return {Fault::unreachable, "resolve: no such host name"};
    case EAI_AGAIN:
        return {Fault::own, "resolve: the name server of this device gives no answer"};
    case EAI_SYSTEM:
        return {Fault::own, std::string{"resolve: "} + std::strerror(why)};
    case EAI_MEMORY:
        return {Fault::own, std::string{"resolve: "} + ::gai_strerror(code)};
    default:
        return {Fault::unreachable, std::string{"resolve: "} + ::gai_strerror(code)};
    }
}

Result<Addresses> guarded_lookup(const NameLookup& lookup, const std::string& name) {
    try {
        return lookup(name);
    } catch (const std::exception& error) {
        return fail(Fault::own, std::string{"resolve: "} + error.what());
    }
}

/// Runs `job` in a detached thread with a small stack and all signals blocked. Returns 0 or an
/// errno.
int run_detached(std::function<void()> job) {
    auto owned = std::make_unique<std::function<void()>>(std::move(job));
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    ::pthread_attr_setstacksize(&attributes, thread_stack);
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto body = [](void* argument) -> void* {
        const std::unique_ptr<std::function<void()>> mine{
            static_cast<std::function<void()>*>(argument)};
        (*mine)();
        return nullptr;
    };
    pthread_t thread;
    const int failed = ::pthread_create(&thread, &attributes, body, owned.get());
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
    if (failed == 0) {
        static_cast<void>(owned.release()); // the thread deletes it
    }
    return failed;
}

/// A final dot keeps a name from being completed, and /etc/hosts has no names with one.
int get_addresses(const std::string& name, const addrinfo& hints, addrinfo** found) {
    const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, found);
    const bool unknown = code != 0 && code != EAI_SYSTEM && code != EAI_MEMORY;
    return unknown && name.size() > 1 && name.ends_with('.')
               ? ::getaddrinfo(name.substr(0, name.size() - 1).c_str(), nullptr, &hints, found)
               : code;
}

} // namespace

Result<Addresses> system_lookup(const std::string& name) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = get_addresses(name, hints, &found); code != 0) {
        return fail(lookup_failure(code));
    }
    Addresses addresses;
    for (const auto* one = found; one != nullptr; one = one->ai_next) {
        if (const auto address = address_of(one->ai_addr)) {
            addresses.push_back(*address);
        }
    }
    ::freeaddrinfo(found);
    if (addresses.empty()) {
        return fail(Fault::unreachable, "resolve: no such host name");
    }
    return addresses;
}

struct Resolver::State : std::enable_shared_from_this<State> {
    struct Waiter {
        asio::steady_timer timer; ///< expires at the waiter's deadline; an answer cancels it
        std::optional<Result<Addresses>> answer;
    };
    /// What is known of a name, the best last.
    enum class Standing { not_found, unknown, found };
    struct Entry {
        std::optional<Result<Addresses>> answer;
        Instant valid_until{};
        bool looking_up = false, queued = false;
        bool silent = false; ///< no name server has said anything when last asked
        Standing standing = Standing::unknown;
        std::list<Waiter> waiting;
    };

    State(Executor executor, ResolverOptions chosen)
        : access{std::make_shared<LoopAccess>(std::move(executor))} {
        set(std::move(chosen));
    }

    void set(ResolverOptions chosen);
    [[nodiscard]] bool has_place(Standing standing) const;
    void ask(const std::string& name);
    void ask_next();
    std::optional<Error> look_up(const std::string& name);
    static void answer_waiters(Entry& entry, const Result<Addresses>& answer);
    void deliver(const std::string& name, Result<Addresses> answer);
    void forget_old(Instant now);
    static Task<Result<Addresses>> resolve(std::shared_ptr<State> self, std::string name,
                                           Instant deadline);

    std::shared_ptr<LoopAccess> access;
    ResolverOptions options;
    std::map<std::string, Entry> names;
    std::deque<std::string> queue; ///< names that wait for a place, the oldest first
    std::size_t under_way = 0;
};

void Resolver::State::set(ResolverOptions chosen) {
    options = std::move(chosen);
    if (!options.lookup) {
        options.lookup = system_lookup;
    }
}

bool Resolver::State::has_place(Standing standing) const {
    const auto all = std::max<std::size_t>(options.lookups_under_way, 1);
    const auto limit = standing == Standing::found     ? all
                       : standing == Standing::unknown ? all - all / 4
                                                       : all - all / 2;
    return under_way < limit;
}

/// Looks the name up now, or as soon as there is a place.
void Resolver::State::ask(const std::string& name) {
    auto& entry = names[name];
    if (!has_place(entry.standing)) {
        entry.queued = true;
        queue.push_back(name);
    } else if (auto failed = look_up(name)) {
        answer_waiters(entry, fail(std::move(*failed)));
    }
}

void Resolver::State::ask_next() {
    for (const auto standing : {Standing::found, Standing::unknown, Standing::not_found}) {
        for (auto next = queue.begin(); next != queue.end() && has_place(standing);) {
            auto& entry = names[*next];
            if (!entry.waiting.empty() && entry.standing != standing) {
                ++next;
                continue;
            }
            const auto name = std::move(*next);
            next = queue.erase(next);
            entry.queued = false;
            if (!entry.waiting.empty()) { // else nobody has waited for so long
                ask(name);
            }
        }
    }
}

std::optional<Error> Resolver::State::look_up(const std::string& name) {
    auto job = [access = access, self = weak_from_this(), lookup = options.lookup, name] {
        auto answer = guarded_lookup(lookup, name);
        const std::lock_guard lock{access->mutex};
        if (access->open) {
            asio::post(access->loop, [self, name, answer = std::move(answer)]() mutable {
                if (const auto state = self.lock()) {
                    state->deliver(name, std::move(answer));
                }
            });
        }
    };
    if (const int failed = run_detached(std::move(job)); failed != 0) {
        return Error{Fault::own,
                     std::string{"resolve: cannot start a thread: "} + std::strerror(failed)};
    }
    ++under_way;
    names[name].looking_up = true;
    return std::nullopt;
}

void Resolver::State::deliver(const std::string& name, Result<Addresses> answer) {
    --under_way;
    auto& entry = names[name];
    entry.looking_up = false;
    entry.standing = answer ? Standing::found : Standing::not_found;
    // A shortage of our own says nothing about the name, so it is not kept.
    const bool own = !answer && answer.error().fault == Fault::own;
    entry.silent = own;
    const auto keep = answer ? options.keep : own ? Millis{0} : options.keep_failure;
    entry.valid_until = std::chrono::steady_clock::now() + keep;
    answer_waiters(entry, answer);
    entry.answer = std::move(answer);
    ask_next();
}

void Resolver::State::answer_waiters(Entry& entry, const Result<Addresses>& answer) {
    for (auto& waiter : entry.waiting) {
        waiter.answer = answer;
        waiter.timer.cancel();
    }
}

void Resolver::State::forget_old(Instant now) {
    std::erase_if(names, [now](const auto& entry) {
        const auto& [name, state] = entry;
        return !state.looking_up && !state.queued && state.waiting.empty() &&
               state.valid_until <= now;
    });
}

Task<Result<Addresses>> Resolver::State::resolve(std::shared_ptr<State> self, std::string name,
                                                 Instant deadline) {
    if (const auto numeric = parse_address(name)) {
        co_return Addresses{*numeric};
    }
    const auto now = std::chrono::steady_clock::now();
    if (self->names.size() >= names_kept) {
        self->forget_old(now);
    }
    auto& entry = self->names[name];
    if (entry.answer && now < entry.valid_until) {
        co_return *entry.answer;
    }
    if (entry.silent) {
        deadline = std::min(deadline, now + patience_with_silence);
    }
    const auto executor = co_await asio::this_coro::executor;
    // `entry` stays valid: an entry with waiters is not forgotten.
    entry.waiting.push_front(Waiter{asio::steady_timer{executor, deadline}, std::nullopt});
    struct Registration {
        std::list<Waiter>& all;
        std::list<Waiter>::iterator waiter;
        ~Registration() { all.erase(waiter); }
    };
    const Registration mine{entry.waiting, entry.waiting.begin()};
    if (!entry.looking_up && !entry.queued) {
        entry.answer.reset();
        self->ask(name);
    }
    if (!mine.waiter->answer) { // else no thread could be started
        co_await mine.waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error{asio::error::operation_aborted};
    }
    if (!mine.waiter->answer) {
        if (entry.queued) {
            co_return fail(Fault::own, "resolve: other names are being looked up (" +
                                           std::to_string(self->under_way) +
                                           " at once), and none of them was answered in time");
        }
        // A name that hangs takes the places of its kind from now on.
        entry.standing = State::Standing::not_found;
        entry.silent = true;
        co_return fail(Fault::own, "resolve: the name server of this device gives no answer");
    }
    co_return std::move(*mine.waiter->answer);
}

Resolver::Resolver(Executor executor, ResolverOptions options)
    : state_{std::make_shared<State>(std::move(executor), std::move(options))} {}

Resolver::~Resolver() {
    close();
}

void Resolver::close() {
    const std::lock_guard lock{state_->access->mutex};
    state_->access->open = false;
}

Task<Result<Addresses>> Resolver::resolve(std::string name, Instant deadline) {
    return State::resolve(state_, std::move(name), deadline);
}

void Resolver::set_options(ResolverOptions options) {
    state_->set(std::move(options));
    for (auto& [name, entry] : state_->names) {
        entry.valid_until = Instant{};
    }
}

} // namespace common
