#include "test/simulation/board.hpp"

#include "agent/config/config_file.hpp"
#include "common/base/log.hpp"
#include "test/simulation/ledger.hpp"

namespace simulation {

using common::Incoming;
using common::Millis;
using common::Task;
namespace asio = common::asio;

namespace {

/// The handler is kept until it has answered.
Task<> answer(agent::Core& core, Incoming request,
              std::function<void(const common::HttpReply&)> done) {
    const auto handler = core.answer(request);
    if (!handler) {
        done(handler.error());
        co_return;
    }
    const auto reply = co_await (*handler)(std::move(request));
    done(reply);
}

Task<> list_rows(agent::Core& core, std::function<void(std::vector<agent::DeliveryRow>)> done) {
    std::vector<agent::DeliveryRow> rows;
    agent::RowQuery query;
    for (;;) {
        auto page = co_await core.queue().list(query);
        if (!page) {
            co_return;
        }
        std::move(page->rows.begin(), page->rows.end(), std::back_inserter(rows));
        if (!page->next) {
            break;
        }
        query.after = *page->next;
    }
    done(std::move(rows));
}

} // namespace

Board::Board(Random random, Clock& clock, Disk& disk, Network& network, std::string ini)
    : random_{std::move(random)}, clock_{clock}, disk_{disk}, network_{network}, ini_{std::move(
                                                                                     ini)} {}

Board::~Board() {
    if (life_) {
        disk_.die(Death::process);
        bury();
    }
}

std::optional<std::string> Board::start() {
    auto loaded = agent::load_config(ini_, {});
    if (!loaded.good()) {
        throw Broken{"the configuration is refused: " + loaded.errors.front()};
    }
    common::log::set_level(loaded.config.log_level);
    life_ = std::make_unique<Life>();
    const auto loop = life_->loop.get_executor();
    network_.serve(loop);
    network_.cut_off(false);
    stalled_until_ = WorldTime{0};
    auto chance = [this] { return random_.unit(); };
    life_->core = std::make_unique<agent::Core>(
        agent::Surroundings{loop, life_->database_loop.get_executor(), clock_, network_,
                            life_->systemd, [] { return common::CertificateEnds{}; }, chance},
        std::move(loaded.config));
    life_->requests.emplace(loop);
    const auto opened = life_->core->open();
    if (disk_.dead()) {
        return std::nullopt;
    }
    if (!opened) {
        life_.reset();
        return opened.error().message;
    }
    life_->core->start();
    life_->started = true;
    return std::nullopt;
}

bool Board::run_one() {
    const bool database = clock_.world() >= stalled_until_;
    auto* first = &life_->loop;
    auto* second = database ? &life_->database_loop : nullptr;
    if (second != nullptr && random_.chance(0.5)) {
        std::swap(first, second);
    }
    return first->poll_one() != 0 || (second != nullptr && second->poll_one() != 0);
}

void Board::request(Incoming request, std::function<void(const common::HttpReply&)> done) {
    request.local = true;
    life_->requests->spawn("request", answer(*life_->core, std::move(request), std::move(done)));
}

void Board::list(std::function<void(std::vector<agent::DeliveryRow>)> done) {
    life_->requests->spawn("list", list_rows(*life_->core, std::move(done)));
}

bool Board::run_stop(Millis grace, WorldTime until) {
    bool stopped = false;
    auto requests = life_->requests->join();
    asio::co_spawn(life_->loop, life_->core->stop(grace, std::move(requests)),
                   [&](std::exception_ptr failure) {
                       stopped = true;
                       if (failure) {
                           std::rethrow_exception(failure);
                       }
                   });
    while (!stopped) {
        if (disk_.dead() && !died_) { // on the way: what follows does not happen any more
            died_ = clock_.world();
            network_.cut_off(true);
        }
        if (run_one() || clock_.fire()) {
            continue;
        }
        auto next = clock_.next().value_or(until + Millis{1});
        if (clock_.world() < stalled_until_) {
            next = std::min(next, stalled_until_);
        }
        if (next > until) {
            return false;
        }
        clock_.move_to(next);
    }
    return true;
}

bool Board::stop(Millis within) {
    if (!run_stop(Millis{5'000}, clock_.world() + within)) {
        return false;
    }
    if (disk_.dead()) {
        return true;
    }
    life_->core->close();
    life_.reset();
    clock_.forget_timers();
    return true;
}

void Board::bury() {
    const auto died = died_.value_or(clock_.world());
    network_.cut_off(true);
    stalled_until_ = WorldTime{0};
    if (life_ && life_->started && !run_stop(Millis{0}, died + Millis{600'000})) {
        throw Broken{"an agent that was killed cannot be taken apart"};
    }
    life_.reset();
    clock_.forget_timers();
    clock_.back_to(died);
    died_.reset();
    disk_.restore();
}

} // namespace simulation
