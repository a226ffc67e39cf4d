// The inputs of corpus/ in every test run, whatever the compiler: seeds that people wrote, and
// those that once broke a promise.

#include "test/fuzz/target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace fs = std::filesystem;

namespace {

struct Corpus : ::testing::TestWithParam<fuzz::Target> {};

TEST_P(Corpus, BreaksNoPromise) {
    const auto& target = GetParam();
    std::size_t inputs = 0;
    for (const auto& entry : fs::directory_iterator{fs::path{FFL_CORPUS} / target.name}) {
        std::ifstream file{entry.path(), std::ios::binary};
        // No longer than its bytes, so that a sanitizer sees a read beyond them.
        const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
        ++inputs;
        EXPECT_NO_THROW(target.run({bytes.data(), bytes.size()})) << entry.path();
    }
    EXPECT_GT(inputs, 0U) << "a target needs a seed in its folder";
}

INSTANTIATE_TEST_SUITE_P(Of, Corpus, ::testing::ValuesIn(fuzz::targets()),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(Corpora, AreThoseOfTargets) {
    for (const auto& entry : fs::directory_iterator{FFL_CORPUS}) {
        EXPECT_TRUE(std::ranges::any_of(fuzz::targets(), [&](const fuzz::Target& target) {
            return entry.path().filename() == target.name;
        })) << entry.path();
    }
}

} // namespace
