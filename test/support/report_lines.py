"""Runs unittest tests and prints the lines by which scripts/test.sh counts those of GoogleTest."""
import sys
import time
import unittest


class Result(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def say(self, word, test):
        took = int((time.monotonic() - self.began) * 1000)
        print(f"[{word}] {type(test).__name__}.{test._testMethodName} ({took} ms)", flush=True)

    def addSuccess(self, test):
        self.say("       OK ", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(reason)
        self.say("  SKIPPED ", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        print(self.failures[-1][1])
        self.say("  FAILED  ", test)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            list_of_its_kind = self.failures if issubclass(error[0], test.failureException) else self.errors
            print(f"{subtest}\n{list_of_its_kind[-1][1]}")
            self.say("  FAILED  ", test)

    def addError(self, test, error):
        super().addError(test, error)
        print(self.errors[-1][1])
        self.say("  FAILED  ", test)


def main(names):
    """`names` are modules with tests. Arguments behind the first choose tests by a part of their name."""
    suite, loader = unittest.TestSuite(), unittest.TestLoader()
    loader.testNamePatterns = [f"*{one}*" for one in sys.argv[2:]] or None
    for name in names:
        suite.addTests(loader.loadTestsFromModule(name))
    result = Result()
    suite.run(result)
    if result.testsRun == 0:
        print("no test was run")
        return 1
    return 0 if result.wasSuccessful() else 1
