// All tests in one process, so that they share one browser.
import "./status.test.mjs";
import "./events.test.mjs";
import "./try.test.mjs";
import "./queue.test.mjs";
import "./token.test.mjs";
import "./hostile.test.mjs";
import "./looks.test.mjs";
import "./safe.test.mjs";
import "./agent.test.mjs";
