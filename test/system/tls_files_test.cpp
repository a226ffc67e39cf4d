// TLS files are judged alike by `check`, by the start and by SIGHUP.
#include "common/base/file.hpp"
#include "test/support/certificates.hpp"
#include "test/support/program.hpp"

#include <csignal>
#include <gtest/gtest.h>

namespace {

using test::has;

// Fault: bad configuration on SIGHUP | the current one stays
TEST(TlsFiles, ABadOneStopsTheStartAndIsNotTakenBySighup) {
    test::Certificates certificates;
    const auto good = *common::read_file(certificates.ca_file());
    const auto ca = certificates.write("targets.pem", good);
    for (const auto& [section, says] : {std::pair{"delivery", "[delivery] TLS files"},
                                        std::pair{"webhook door", "[webhook door] TLS files"},
                                        std::pair{"server", "[server] ca_file"}}) {
        SCOPED_TRACE(section);
        test::Program agent{
            {{"webhooks", {{"file", "webhooks.json"}}}, {section, {{"ca_file", ca}}}}};
        agent.folder().write("webhooks.json",
                             R"([{"name":"door","target":"https://127.0.0.1:9/"}])");
        certificates.write("targets.pem", good);
        agent.start();
        std::size_t refused = 0;
        for (const auto& bad : {std::string{}, good.substr(0, good.size() / 2)}) {
            certificates.write("targets.pem", bad);
            const auto check = agent.cli({"check"});
            EXPECT_EQ(check.code, 78) << check.out;
            EXPECT_TRUE(has(check.out, says)) << check.out;
            agent.signal(SIGHUP);
            ++refused;
            const auto kept = [&](const auto&) {
                std::size_t count = 0;
                const auto log = agent.log();
                for (std::size_t at = 0; (at = log.find("keeping the current", at)) != log.npos;
                     ++at) {
                    ++count;
                }
                return count == refused;
            };
            EXPECT_TRUE(agent.wait_until(kept)) << agent.log();
            EXPECT_TRUE(has(agent.log(), says)) << agent.log();
            EXPECT_FALSE(has(agent.log(), "reloaded")) << agent.log();
        }
        EXPECT_EQ(agent.stop(), 0);
        const auto run = agent.cli({"run"});
        EXPECT_EQ(run.code, 78) << run.err;
        EXPECT_TRUE(has(run.err, says)) << run.err;
        EXPECT_TRUE(has(run.err, ca)) << run.err;
    }
}

} // namespace
