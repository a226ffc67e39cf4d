#include "agent/cli/demo_scene.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using Json = nlohmann::ordered_json;

} // namespace

std::string demo_webhooks(std::uint16_t receiver_port) {
    const auto at = [&](const char* path) {
        return "http://127.0.0.1:" + std::to_string(receiver_port) + path;
    };
    const Json known{
        {"type_in", "face"}, {"camera_in", 1}, {"matched", true}, {"confidence_gte", 0.7}};
    const Json webhooks{
        {{"name", "door"}, {"target", at("/door")}, {"filters", known}},
        {{"name", "bell"},
         {"target", at("/bell")},
         {"filters", {{"type_in", "face"}, {"matched", false}}}},
        {{"name", "barrier"},
         {"target", at("/barrier")},
         {"filters", {{"license_plate_event_number", "A123BC"}}}},
        // The discard port: nobody answers there.
        {{"name", "old-archive"},
         {"target", "http://127.0.0.1:9/archive"},
         {"filters", {{"type_in", "car"}}},
         {"send_attempts", 3}},
    };
    return webhooks.dump(2) + "\n";
}

std::string demo_config(const std::string& folder, std::uint16_t agent_port) {
    return "[webhooks]\nfile = webhooks.json\n"
           "[ingest]\nlisten = 127.0.0.1:" +
           std::to_string(agent_port) + "\nsocket = " + folder +
           "/agent.sock\n"
           "[queue]\npath = agent.db\nmin_free = 1MiB\n"
           "[log]\nlevel = error\n"
           "[webhook bell]\ncooldown = 30s\n";
}

const std::vector<std::string>& demo_events() {
    static const std::vector<std::string> events{
        R"("type":"face","camera":1,"matched_card":7,"confidence":0.93)",
        R"("type":"face","camera":2,"matched":false,"confidence":0.31)",
        R"("type":"license_plate","camera":4,"license_plate_number":"A123BC")",
        R"("type":"face","camera":1,"matched_card":7,"confidence":0.64)",
        R"("type":"car","camera":4,"license_plate_number":"X999XX")",
        R"("type":"face","camera":3,"matched_card":9,"confidence":0.88)",
        R"("type":"face","camera":2,"matched":false,"confidence":0.28)",
    };
    return events;
}

std::string demo_event(std::size_t number) {
    const auto& all = demo_events();
    return "{\"id\":\"demo-" + std::to_string(number) + "\"," + all[(number - 1) % all.size()] +
           "}";
}

} // namespace agent
