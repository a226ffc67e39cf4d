// What happens in a world: each act as it is drawn from the seed.

#include "test/simulation/world.hpp"

#include <algorithm>
#include <csignal>

namespace simulation {

using common::HttpReply;
using common::Incoming;
using common::Millis;
using nlohmann::json;

void World::act(Act what) {
    if (what == Act::definition || what == Act::person || what == Act::reload ||
        what == Act::damage || what == Act::mislay) {
        ledger_.disturbed();
    }
    switch (what) {
    case Act::post:
        return post_some();
    case Act::target:
        return change_target();
    case Act::definition:
        return change_definition();
    case Act::server:
        return network_.fail(
            static_cast<ServerFault>(random_.chance(0.5) ? 0 : random_.below(server_faults)));
    case Act::person:
        return have_person_act();
    case Act::reload:
        write_ini(random_.chance(0.6));
        return board_.core().reload();
    case Act::clock:
        return change_clock();
    case Act::disk:
        return change_disk();
    case Act::stall:
        return stall();
    case Act::kill:
    case Act::power: {
        const auto how = what == Act::kill ? Death::process : Death::power;
        if (random_.chance(0.7)) { // in the middle of something, which may be the next start
            disk_.die_after(random_.below(random_.chance(0.5) ? 12 : 300), how);
            if (random_.chance(0.4)) {
                kill(how);
                disk_.die_after(random_.below(300), random_.chance(0.5) ? how : Death::process);
            }
        } else {
            kill(how);
        }
        return bring_up();
    }
    case Act::restart:
        return restart();
    case Act::damage:
        return damage();
    case Act::mislay:
        return mislay();
    case Act::look:
        return look();
    case Act::audit:
        return audit();
    }
}

std::string World::post(int camera, std::size_t bytes) {
    const auto id = "e" + std::to_string(++next_event_);
    const json event{
        {"id", id}, {"type", "face"}, {"camera", camera}, {"note", std::string(bytes, 'x')}};
    send(event.dump(), {{id, camera}}, false);
    return id;
}

void World::post_some() {
    if (!unanswered_.empty() && random_.chance(0.3)) {
        const auto at = random_.below(unanswered_.size());
        const auto [body, camera] = unanswered_[at];
        unanswered_.erase(unanswered_.begin() + static_cast<long>(at));
        return send(body, {{json::parse(body).at("id").get<std::string>(), camera}}, false);
    }
    const auto count = random_.chance(0.8) ? 1U : 1 + random_.below(40);
    const bool lines = random_.chance(0.5);
    std::vector<std::pair<std::string, int>> events;
    std::string body = count == 1 || lines ? "" : "[";
    for (std::uint64_t i = 0; i < count; ++i) {
        events.emplace_back("e" + std::to_string(++next_event_),
                            static_cast<int>(1 + random_.below(cameras)));
        const json event{{"id", events.back().first},
                         {"type", "face"},
                         {"camera", events.back().second},
                         {"note", std::string(random_.below(plan_.bulk), 'x')}};
        body += event.dump() + (count == 1 ? "" : lines ? "\n" : i + 1 == count ? "]" : ",");
    }
    send(std::move(body), std::move(events), count > 1 && lines);
}

/// Which webhooks an event must reach: those that match it before and after its commit.
std::vector<std::string> World::certain_matches(int camera, const agent::Snapshot& before,
                                                const agent::Snapshot& after) const {
    std::vector<std::string> found;
    for (const auto& webhook : after.webhooks) {
        const auto earlier = before.find(webhook->key);
        const auto matches = [&](const agent::Webhook& one) {
            return one.state == agent::WebhookState::serving &&
                   definitions_.version(one.name).matches(camera);
        };
        if (earlier && matches(*webhook) && matches(*earlier)) {
            found.push_back(webhook->key);
        }
    }
    return found;
}

void World::send(std::string body, std::vector<std::pair<std::string, int>> events, bool lines) {
    const auto now = board_.core().webhooks();
    for (const auto& [id, camera] : events) {
        ledger_.offered(id, camera, certain_matches(camera, *now, *now));
    }
    Incoming request;
    request.method = "POST";
    request.path = "/v1/events";
    request.headers = {{"Content-Type", lines ? "application/x-ndjson" : "application/json"}};
    request.body = body;
    last_status_ = 0;
    if (events.size() == 1) { // until it is answered
        unanswered_.emplace_back(body, events.front().second);
    }
    auto done = [this, events, body, before = now](const HttpReply& reply) {
        if (disk_.dead()) {
            return;
        }
        last_status_ = reply.status;
        if (reply.status == 202) {
            for (const auto& [id, camera] : events) {
                ledger_.accepted(id, certain_matches(camera, *before, *board_.core().webhooks()));
            }
            std::erase_if(unanswered_, [&](const auto& one) { return one.first == body; });
        } else if (reply.status != 503) {
            ledger_.fail("an event was answered with " + std::to_string(reply.status) + ": " +
                         reply.body);
        }
    };
    board_.request(std::move(request), std::move(done));
}

void World::change_target() {
    network_.lack(random_.chance(plan_.lacking));
    const auto target = static_cast<int>(random_.below(targets));
    const bool fine = random_.chance(plan_.manner_fine);
    network_.behave(target, fine ? Manner::fine : static_cast<Manner>(random_.below(manners)));
}

void World::change_definition() {
    if (definitions_.size() == 0 || random_.chance(0.3)) {
        definitions_.create();
    } else if (random_.chance(0.7)) {
        definitions_.change();
    } else {
        definitions_.remove();
    }
}

void World::call(std::string method, std::string path, std::string query, std::string body,
                 std::function<void(const HttpReply&)> done) {
    Incoming request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = {{"Content-Type", "application/json"}};
    request.body = std::move(body);
    board_.request(std::move(request), [this, done = std::move(done)](const HttpReply& reply) {
        if (!disk_.dead()) {
            done(reply);
        }
    });
}

void World::change_clock() {
    if (random_.chance(0.5)) {
        clock_.set_synchronized(true);
    } else if (random_.chance(0.5)) {
        clock_.set_synchronized(false);
    } else {
        clock_.step(Millis{random_.between(-400'000'000, 400'000'000)});
    }
}

void World::change_disk() {
    disk_.faults = {};
    const bool fails = random_.chance(0.5);
    ledger_.disk_fails(fails);
    note(fails ? "the disk fails" : "the disk works");
    if (!fails) {
        return;
    }
    switch (random_.below(5)) {
    case 0:
        disk_.faults.read_only = true;
        break;
    case 1:
        disk_.faults.writes = true;
        break;
    case 2:
        note("at each sync");
        disk_.faults.syncs = true;
        break;
    case 3:
        disk_.faults.capacity = disk_.used() + random_.below(200'000);
        ledger_.disk_fills();
        break;
    default:
        disk_.faults.reads = true;
        ledger_.has_bad_sector();
        disk_.choose_bad_sector();
        break;
    }
}

void World::stall() {
    const auto until = clock_.world() + Millis{random_.between(1, 3'000)};
    ledger_.stalls(until);
    board_.stall_database(until);
}

/// At rest, between two lives, or under the running agent.
void World::damage() {
    const bool at_rest = random_.chance(0.7);
    if (at_rest) {
        kill(Death::process);
    }
    if (random_.chance(0.5) ? disk_.flip_bit() : disk_.spoil_page()) {
        ledger_.damaged();
        if (at_rest && random_.chance(0.4)) { // while it is repaired, or when it has just been
            disk_.die_after(random_.below(1'000), Death::power);
        }
    }
    bring_up();
}

} // namespace simulation
