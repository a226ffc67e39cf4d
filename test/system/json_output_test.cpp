// conf/json-output.md says exactly what --json prints: every field, and of which type.
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"
#include "test/support/simulator.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace {

using nlohmann::json;

/// Fields by path, with the types that the page gives them: "next" → {"integer", "null"}.
using Fields = std::map<std::string, std::set<std::string>>;

std::set<std::string> words_in(const std::string& list) {
    std::set<std::string> words;
    std::string word;
    for (const char c : list + ",") {
        if (c == ',') {
            words.insert(word);
            word.clear();
        } else if (c != ' ') {
            word += c;
        }
    }
    return words;
}

/// The tables of the page by command.
std::map<std::string, Fields> documented() {
    std::map<std::string, Fields> commands;
    std::ifstream page{FFL_SOURCE "/conf/json-output.md"};
    std::string command;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("## `")) {
            command = line.substr(4, line.size() - 5);
        } else if (line.starts_with("| `")) {
            const auto name_end = line.find('`', 3);
            const auto type = line.find("| ", name_end) + 2;
            commands[command][line.substr(3, name_end - 3)] =
                words_in(line.substr(type, line.find(" |", type) - type));
        }
    }
    return commands;
}

std::string type_of(const json& value) {
    return value.is_number_integer() ? "integer" : value.type_name();
}

/// Adds each field of a value by its path, unless the page leaves it to others.
void collect(const json& value, const std::string& path, const Fields& known, Fields& found) {
    const auto row = known.find(path);
    if (row != known.end() && row->second.contains("any")) {
        found[path].insert("any");
    } else if (value.is_object()) {
        for (const auto& [name, one] : value.items()) {
            collect(one, path.empty() ? name : path + "." + name, known, found);
        }
    } else if (value.is_array()) {
        for (const auto& one : value) {
            collect(one, path + "[]", known, found);
        }
    } else {
        found[path].insert(type_of(value));
    }
}

class JsonOutput : public testing::Test {
  protected:
    /// What the command prints is what the page says of it; `name` is its heading there.
    void expect_as_documented(const std::string& name, std::vector<std::string> args,
                              Fields& found) {
        SCOPED_TRACE(testing::PrintToString(args));
        args.emplace_back("--json");
        const auto done = agent.cli(args);
        expect_document(name, done.out, found);
    }
    void expect_document(const std::string& name, const std::string& text, Fields& found) {
        const auto document = json::parse(text, nullptr, false);
        ASSERT_FALSE(document.is_discarded()) << text;
        ASSERT_TRUE(page.contains(name));
        const auto& known = page.at(name);
        collect(document, "", known, found);
        for (const auto& [path, types] : found) {
            ASSERT_TRUE(known.contains(path)) << "not on the page: " << path;
            for (const auto& type : types) {
                // A whole number of seconds is a number all the same.
                EXPECT_TRUE(known.at(path).contains(type) ||
                            (type == "integer" && known.at(path).contains("number")))
                    << path << " is " << type;
            }
        }
    }
    /// The same, and everything on the page was there.
    void expect_whole(const std::string& name, const std::vector<std::vector<std::string>>& runs) {
        Fields found;
        for (const auto& args : runs) {
            expect_as_documented(name, args, found);
        }
        expect_all_of(name, found);
    }
    void expect_all_of(const std::string& name, const Fields& found) {
        for (const auto& [path, types] : page.at(name)) {
            EXPECT_TRUE(found.contains(path)) << name << " did not print " << path;
        }
        page.erase(name);
    }

    /// The first line of JSON that `receive` prints of a test.
    std::string received_test(const test::Running& receive) {
        EXPECT_EQ(agent.cli({"test", "shown"}).code, 0);
        const auto output = receive.wait_for("\"body\":");
        const auto begin = output.find("{\"path\"");
        return output.substr(begin, output.find('\n', begin) - begin);
    }

    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    std::map<std::string, Fields> page = documented();
};

TEST_F(JsonOutput, IsAsItsPageSays) {
    test::Receiver receiver;
    const test::Running receive{{FFL_BINARY, "receive", "--port", "0", "--json"}};
    const auto greeting = receive.wait_for("/ until Ctrl-C");
    const auto url = greeting.substr(greeting.find("http://"));
    agent.folder().write("webhooks.json",
                         R"([{"name":"target","filters":{"camera_in":[-1]},"target":")" +
                             receiver.url() + R"("},
            {"name":"shown","filters":{"camera_in":[-1]},"target":")" +
                             url.substr(0, url.find(' ')) + R"("},
            {"name":"door","target":"http://127.0.0.1:9/","send_attempts":1},
            {"name":"gate","target":"http://127.0.0.1:9/","filters":{"camera_in":[5]}},
            {"name":"mask","target":"http://127.0.0.1:9/","filters":{"camera_in":[5],"medmask":{"name":"none"}}}])");
    const auto envelope = agent.folder().write("envelope.json", R"({"events":[{"camera":5}]})");
    const auto event = agent.folder().write("event.json", R"({"id":"a","camera":5})");
    const auto other = agent.folder().write("other.json", R"({"id":"b","camera":6})");
    agent.start();
    expect_whole("check", {{"check"}});
    expect_whole("log-level", {{"log-level"}, {"log-level", "debug"}});
    expect_whole("explain", {{"explain", event}, {"explain", other}, {"explain", envelope}});
    expect_whole("send", {{"send", event}});
    const common::Headers plain{{"Content-Type", "text/plain"}};
    EXPECT_EQ(agent.post("/v1/events", "x", plain).status, 415U);
    expect_whole("events", {{"events"}});
    expect_whole("explain --event", {{"explain", "--event", "a"}});
    expect_whole("test", {{"test", "gate"}, {"test", "target"}});
    Fields of_receive;
    expect_document("receive", received_test(receive), of_receive);
    expect_all_of("receive", of_receive);
    ASSERT_TRUE(agent.wait_until([](const json& status) { return status["queue"]["dead"] == 1; }));
    expect_whole("queue list", {{"queue", "list"}, {"queue", "list", "--limit", "1"}});
    const auto dead = agent.cli({"queue", "list", "--state", "dead", "--json"}).out;
    const auto id = json::parse(dead)["deliveries"][0]["id"].dump();
    expect_whole("queue show", {{"queue", "show", id}});
    expect_whole("queue retry", {{"queue", "retry", "--all"}});
    expect_whole("queue drop", {{"queue", "drop", "--all"}});
    agent.folder().write("webhooks.json", R"([{"name":"door","target":"http://127.0.0.1:9/new"},
                                              {"name":"bell","target":"http://127.0.0.1:9/"}])");
    expect_whole("sync", {{"sync"}});
    test::Simulator lite;
    const auto webhook = lite.add({{"name", "door"}, {"target", "http://127.0.0.1:9/"}});
    agent.folder().write("password", "secret\n");
    agent.configure(
        {{"server", {{"url", lite.url()}, {"username", "device"}, {"password_file", "password"}}}});
    expect_whole("webhook delete", {{"webhook", "delete", std::to_string(webhook)}});
    for (const auto& [name, fields] : page) {
        ADD_FAILURE() << "nobody has run " << name;
    }
}

} // namespace
