// What people do in a world: they look at the queue, edit it, and take its files away.

#include "test/simulation/world.hpp"

namespace simulation {

using common::HttpReply;
using nlohmann::json;

void World::have_person_act() {
    const auto keys = definitions_.keys();
    const bool all = keys.empty() || random_.chance(0.3);
    const auto key = all ? std::string{} : random_.one_of(keys);
    const json selection = all ? json{{"all", true}} : json{{"webhook", key}};
    const bool drops = random_.chance(0.3);
    edit({drops, key}, "POST", drops ? "/v1/deliveries/drop" : "/v1/deliveries/retry",
         selection.dump());
}

/// What it covers is allowed to happen from now on until it is answered, or the agent dies.
void World::edit(const Edit& what, std::string method, std::string path, std::string body) {
    ledger_.disturbed();
    allow(what);
    edits_.push_back(what);
    call(std::move(method), std::move(path), "", std::move(body),
         [this, what](const HttpReply& reply) {
             allow(what);
             std::erase(edits_, what);
             // 404: the agent does not know the webhook yet, or the delivery is gone.
             if (reply.status != 200 && reply.status != 503 && reply.status != 404) {
                 ledger_.fail("an edit was answered with " + std::to_string(reply.status) + ": " +
                              reply.body);
             }
         });
}

void World::allow(const Edit& edit) {
    if (edit.drops) {
        ledger_.dropped(edit.webhook, edit.event);
    } else {
        ledger_.retried(edit.webhook, edit.event);
    }
}

/// Files of the queue are removed or replaced while the agent has them open.
void World::mislay() {
    const std::vector<std::string> files{"agent.db", "agent.db-wal", "agent.db-shm"};
    const auto what = random_.below(5);
    if (disk_.faults.read_only) {
        return;
    }
    if (what == 4) {
        const auto& file = files[random_.below(2)];
        note(file + " is replaced");
        return disk_.put(file, random_.chance(0.5) ? "" : "no database");
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (what == 3 || what == i) {
            note(files[i] + " is removed");
            disk_.remove(files[i]);
        }
    }
}

void World::audit() {
    board_.list([this, since = clock_.world()](const std::vector<agent::DeliveryRow>& listed) {
        std::vector<Row> rows;
        for (const auto& row : listed) {
            rows.push_back({row.event_id, row.webhook, row.state == agent::DeliveryState::dead,
                            row.attempts, row.last_error});
        }
        try {
            ledger_.audit(rows, since);
        } catch (const std::exception& error) {
            ledger_.fail(error.what());
        }
    });
}

void World::look() {
    const std::vector<std::pair<std::string, std::string>> places{
        {"/v1/status", ""},
        {"/metrics", ""},
        {"/v1/events", ""},
        {"/readyz", ""},
        {"/v1/deliveries", ""},
        {"/v1/deliveries", "order=newest&limit=3&bodies=1"},
        {"/v1/deliveries", "state=dead&order=newest"},
        {"/v1/deliveries", "state=pending&webhook=1&max_age_s=60"},
        {"/v1/deliveries", "event=e" + std::to_string(1 + random_.below(next_event_))}};
    const auto& [path, query] = random_.one_of(places);
    call("GET", path, query, "", [this, path = path](const HttpReply& reply) {
        // 404: no webhook has this key yet.
        if (reply.status != 200 && reply.status != 503 && reply.status != 404) {
            ledger_.fail(path + " was answered with " + std::to_string(reply.status) + ": " +
                         reply.body);
        }
        if (reply.status == 200 && path == "/v1/deliveries") {
            look_closer(json::parse(reply.body).at("deliveries"));
        }
    });
}

/// At one of the deliveries, which may be gone by now.
void World::look_closer(const json& deliveries) {
    if (deliveries.empty()) {
        return;
    }
    const auto& one = deliveries.at(random_.below(deliveries.size()));
    const auto event = one.at("event_id").get<std::string>();
    const auto path = "/v1/deliveries/" + one.at("id").dump();
    if (plan_.weights[static_cast<std::size_t>(Act::person)] > 0 && random_.chance(0.3)) {
        const bool drops = random_.chance(0.3);
        edit({drops, one.at("webhook"), event}, drops ? "DELETE" : "POST",
             drops ? path : path + "/retry", "");
    }
    call("GET", path, "", "", [this, event](const HttpReply& reply) {
        if (reply.status == 200 && json::parse(reply.body).at("event_id") != event) {
            ledger_.fail("one delivery is listed as that of event " + event +
                         ", and shown as: " + reply.body);
        }
    });
}

} // namespace simulation
