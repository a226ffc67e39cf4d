#include "agent/api/selection_reader.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace {

using agent::DeliveryState;

struct BadRow {
    std::string text;
    std::string says; // the whole message
};

TEST(SelectionReader, ReadsEveryParameterOfAQuery) {
    const auto list =
        agent::read_list_query("state=dead&webhook=local%3Adoor+1&limit=5&after=7&bodies=1");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->selection.state, DeliveryState::dead);
    EXPECT_EQ(list->selection.webhook, "local:door 1");
    EXPECT_TRUE(list->selection.ids.empty());
    EXPECT_EQ(list->limit, 5U);
    EXPECT_EQ(list->after, 7);
    EXPECT_TRUE(list->bodies);
    const auto search = agent::read_list_query("order=newest&event=%D0%B0+1&max_age_s=600&error=x");
    ASSERT_TRUE(search) << search.error().message;
    EXPECT_EQ(search->order, agent::RowOrder::newest);
    EXPECT_EQ(search->event_id, "\u0430 1");
    EXPECT_EQ(search->max_age, std::chrono::minutes{10});
    EXPECT_EQ(search->error, "x");
}

TEST(SelectionReader, TreatsAParameterWithoutValueAsAbsent) {
    for (const auto* query : {"", "state=&webhook=&limit=&after=&bodies=", "state&limit"}) {
        SCOPED_TRACE(query);
        const auto list = agent::read_list_query(query);
        ASSERT_TRUE(list) << list.error().message;
        EXPECT_EQ(list->selection.state, std::nullopt);
        EXPECT_EQ(list->selection.webhook, std::nullopt);
        EXPECT_EQ(list->limit, 100U);
        EXPECT_EQ(list->after, 0);
        EXPECT_FALSE(list->bodies);
    }
}

TEST(SelectionReader, CutsTheLimitToOnePage) {
    EXPECT_EQ(agent::read_list_query("limit=1000")->limit, 1000U);
    EXPECT_EQ(agent::read_list_query("limit=1001")->limit, 1000U);
    EXPECT_EQ(agent::read_list_query("limit=9223372036854775807")->limit, 1000U);
}

TEST(SelectionReader, RefusesBadQueries) {
    const std::string names =
        "expected one of: state, webhook, limit, after, bodies, order, event, max_age_s, error";
    const std::string long_name(200, 'x');
    const BadRow table[] = {
        {"state=serving", R"(state = "serving": expected one of: pending, dead)"},
        {"state=Dead", R"(state = "Dead": expected one of: pending, dead)"},
        {"limit=0", R"(limit = "0": expected a whole number, 1 or more)"},
        {"limit=-1", R"(limit = "-1": expected a whole number, 1 or more)"},
        {"limit=5x", R"(limit = "5x": expected a whole number, 1 or more)"},
        {"limit=1.5", R"(limit = "1.5": expected a whole number, 1 or more)"},
        {"after=-1", R"(after = "-1": expected a whole number, 0 or more)"},
        {"after=9223372036854775808",
         R"(after = "9223372036854775808": expected a whole number, 0 or more)"},
        {"order=new", R"(order = "new": expected one of: oldest, newest)"},
        {"max_age_s=10m", R"(max_age_s = "10m": expected a whole number, 0 or more)"},
        {"bodies=2", R"(bodies = "2": expected one of: 0, 1)"},
        {"stat=dead", R"(unknown parameter "stat": did you mean "state"? )" + names},
        {"color=red", R"(unknown parameter "color": )" + names},
        {"=5", R"(unknown parameter "": )" + names},
        {"a%0Ab=5", R"(unknown parameter "a\nb": )" + names},
        {long_name + "=5", R"(unknown parameter ")" + std::string(79, 'x') + R"(…": )" + names},
        {"limit=5&limit=6", "the parameter limit is given twice"},
        {"webhook=%zz",
         "cannot parse the query: percent-encode special characters, as in ?webhook=local%3Adoor"},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.text);
        const auto list = agent::read_list_query(row.text);
        ASSERT_FALSE(list);
        EXPECT_EQ(list.error().fault, common::Fault::input);
        EXPECT_EQ(list.error().message, row.says);
    }
}

TEST(SelectionReader, ReadsEveryFieldOfABody) {
    const auto read =
        agent::read_selection("", R"({"state":"pending","webhook":"7","ids":[1,2],"all":true})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->state, DeliveryState::pending);
    EXPECT_EQ(read->webhook, "7");
    EXPECT_EQ(read->ids, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(agent::read_selection("", R"({"webhook":7,"all":false})")->webhook, "7")
        << "a key may be given as a number";
    EXPECT_EQ(agent::read_selection("", R"({"ids":[9223372036854775807]})")->ids.at(0),
              std::numeric_limits<std::int64_t>::max());
}

TEST(SelectionReader, OnlyTheWordAllSelectsAll) {
    const auto all = agent::read_selection("", R"({"all":true})");
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(all->ids.empty());
    EXPECT_EQ(all->state, std::nullopt);
    EXPECT_EQ(all->webhook, std::nullopt);
    for (const auto* body : {"", " \r\n\t", "{}", R"({"all":false})"}) {
        SCOPED_TRACE(body);
        const auto none = agent::read_selection("", body);
        ASSERT_FALSE(none);
        EXPECT_EQ(none.error().fault, common::Fault::input);
        EXPECT_EQ(none.error().message,
                  R"(nothing is selected: expected "state", "webhook" or "ids", or "all":true )"
                  "for every delivery");
    }
    for (const auto* body : {"", R"({"all":true})", R"({"state":"dead"})"}) {
        const auto query = agent::read_selection("webhook=7&state=dead", body);
        ASSERT_FALSE(query);
        EXPECT_EQ(query.error().message,
                  R"(the query "webhook=7&state=dead" is not read here: put what it selects into )"
                  R"(the body, an object such as {"state":"dead","webhook":"7"})");
    }
}

TEST(SelectionReader, RefusesBadBodies) {
    const std::string object = R"(expected an object such as {"state":"dead","webhook":"7"})";
    const std::string key = R"(expected a webhook's key or name, such as "7" or "local:door")";
    const std::string list = "expected a list of 1 to 10000 delivery ids (whole numbers)";
    const BadRow table[] = {
        {"[]", "the body is a list: " + object},
        {"5", "the body is a number: " + object},
        {R"({"state":"alive"})", R"(state = "alive": expected one of: pending, dead)"},
        {R"({"state":5})", "state = 5: expected one of: pending, dead"},
        {R"({"state":["dead"]})", R"(state = ["dead"]: expected one of: pending, dead)"},
        {R"({"webhook":true})", "webhook = true: " + key},
        {R"({"webhook":7.5})", "webhook = 7.5: " + key},
        {R"({"webhook":""})", R"(webhook = "": )" + key},
        {R"({"webhook":null})", "webhook = null: " + key},
        {R"({"state":"dead","webhook":null})", "webhook = null: " + key},
        {R"({"all":true,"webhook":""})", R"(webhook = "": )" + key},
        {R"({"state":null})", "state = null: expected one of: pending, dead"},
        {R"({"state":""})", R"(state = "": expected one of: pending, dead)"},
        {R"({"all":null})", "all = null: expected one of: true, false"},
        {R"({"all":"true"})", R"(all = "true": expected one of: true, false)"},
        {R"({"all":1})", "all = 1: expected one of: true, false"},
        {R"({"ids":[]})", "ids = []: " + list},
        {R"({"ids":[],"all":true})", "ids = []: " + list},
        {R"({"ids":null})", "ids = null: " + list},
        {R"({"ids":5})", "ids = 5: " + list},
        {R"({"ids":["5"]})", R"(ids = ["5"]: )" + list},
        {R"({"ids":[1.5]})", "ids = [1.5]: " + list},
        {R"({"ids":[18446744073709551615]})", "ids = [18446744073709551615]: " + list},
        {R"({"all":false,"all":true})", R"(the body has "all" twice: )" + object},
        {R"({"all":true,"all":true})", R"(the body has "all" twice: )" + object},
        {R"({"state":"pending","state":"dead"})", R"(the body has "state" twice: )" + object},
        {R"({"ids":[1],"webhook":"7","ids":[2]})", R"(the body has "ids" twice: )" + object},
        {R"({"\u0061ll":true,"all":false})", R"(the body has "all" twice: )" + object},
        {R"({"id":5})",
         R"(unknown field "id": did you mean "ids"? expected one of: state, webhook, ids, all)"},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.text);
        const auto read = agent::read_selection("", row.text);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().fault, common::Fault::input);
        EXPECT_EQ(read.error().message, row.says);
    }
    const auto broken = agent::read_selection("", "{");
    ASSERT_FALSE(broken);
    EXPECT_TRUE(broken.error().message.starts_with("not valid JSON")) << broken.error().message;
    EXPECT_TRUE(broken.error().message.ends_with(
        R"( (the body must be an object such as {"state":"dead","webhook":"7"}))"))
        << broken.error().message;
    std::string many = "1";
    for (int i = 0; i < 10'000; ++i) {
        many += ",1";
    }
    const auto too_many = agent::read_selection("", R"({"ids":[)" + many + "]}");
    ASSERT_FALSE(too_many);
    EXPECT_TRUE(too_many.error().message.ends_with(list)) << too_many.error().message;
}

} // namespace
