// What is wrong, first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { poke, reads, shot, until, withPage } from "./browser.mjs";
import { webhook, withFake } from "./fake_agent.mjs";

function broken(fake) {
  const s = fake.status;
  s.verdict = "fail";
  s.summary = "1 of 5 webhooks fails";
  s.problems = [
    { level: "fail", what: "webhook gate: its target does not answer: connect: connection refused", since_s: 125, fix: "check that http://10.0.0.9/open/2 runs", webhook: "2" },
    { level: "warn", what: "the clock is not synchronised", since_s: null, fix: "`systemctl status systemd-timesyncd` tells more", webhook: null },
  ];
  s.clock.synchronized = false;
  s.webhooks = [webhook("1"), webhook("2", { name: "gate", pending: 4, dead: 2, failed: 9, oldest_s: 130, last_success_s: null, delivered: 0,
    last_error: "connect: connection refused" }), webhook("3", { state: "inactive", active: false, last_success_s: null, delivered: 0 }),
  webhook("4", { state: "unsupported", reason: "age_gte: unknown filter" }), webhook("5", { warnings: ["filter camera_in has no camera of this board"] })];
  s.queue = { ...s.queue, pending: 4, dead: 2, oldest_s: 130 };
}

test("the verdict, the host and the version stand on top and in the title", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#verdict", /^everything works$/);
  await reads(page, "h1", /^board-7$/);
  assert.equal(await page.title(), "board-7: everything works – ffl-agent");
  await reads(page, "#about", /^ffl-agent 0\.1\.0 · up 1 h 0 min · board time [\d :-]+, as here$/);
  await reads(page, "#problems", /^Nothing that the agent knows of\.$/);
  await shot(page, "status-ok-360");
})));

test("problems are listed worst first with since when and what to do", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#verdict", /^something fails$/);
  await reads(page, "#summary", /^1 of 5 webhooks fails$/);
  assert.match(await page.title(), /^board-7: something fails/);
  const first = await reads(page, "#problems > li:nth-child(1)", /^Fails/);
  assert.match(first, /since \S+.* 2 min \d+ s ago .*connection refused To do: check that http/);
  assert.match(await reads(page, "#problems > li:nth-child(2)", /^Warning/), /not synchronised To do: systemctl status systemd-timesyncd tells more$/);
  assert.equal(await page.locator("#problems code").innerText(), "systemctl status systemd-timesyncd");
}), broken));

test("failing webhooks come first and the good ones are folded away", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#webhook-count", /^2 of 5 failing$/);
  const names = await page.locator("#failing h3").allInnerTexts();
  assert.deepEqual(names, ["gate", "door-4", "door-5"]);
  const gate = await reads(page, "#failing article:nth-child(1)", /failing/);
  assert.match(gate, /Last error: connect: connection refused \(since .* 2 min \d+ s ago\)/);
  assert.match(gate, /No success yet/);
  assert.match(gate, /The oldest delivery has waited for 2 min 1\d s/);
  assert.match(gate, /4 waiting 2 dead letters 9 failed attempts/);
  assert.equal(/0 delivered|0 suppressed/.test(gate), false, "counts of zero are left out");
  await reads(page, "#fine-title", /^2 more without a problem$/);
  assert.equal(await page.locator("#fine-list article").first().isVisible(), false);
  await page.locator("#fine-title").click();
  await reads(page, "#fine-list", /door-1 delivering .*Last success: .* 4\d s ago/);
}), broken));

test("webhooks are found by name, and the switch leaves the failing ones", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByLabel("Name, key or target").fill("OPEN/1");
  await reads(page, "#webhook-count", /^1 of 5 shown, 2 of 5 failing$/);
  assert.ok(await page.getByRole("heading", { name: "door-1" }).isVisible(), "what is found is unfolded");
  await page.getByLabel("Name, key or target").fill("no such");
  await reads(page, "#webhook-count", /^0 of 5 shown/);
  await page.getByLabel("Name, key or target").fill("");
  await page.getByLabel("Only failing").check();
  await reads(page, "#webhook-count", /^2 of 5 shown/);
  assert.deepEqual(await page.locator("h3:visible").allInnerTexts(), ["gate", "door-4"]);
}), broken));

test("the board's clock is compared with this device's", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#skew", /^The board's clock is 2 h 5 min behind this device's\. Times of events are the board's\.$/);
  await reads(page, "#about", /board time .*, here /);
  fake.skew = 90000;
  await poke(page);
  await reads(page, "#skew", /clock is 1 min (29|30|31) s ahead of this device's/);
  fake.skew = 0;
  await poke(page);
  await until(() => page.locator("#skew").isHidden());
}), (fake) => { fake.skew = -7500000; }));

test("what has not changed keeps its place, the focus and what is open", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#webhook-count", /failing/);
  await page.locator("#failing article:nth-child(1)").getByRole("button", { name: /Events: gate/ }).focus();
  await page.evaluate(() => { document.querySelector("#failing article:nth-child(2)").marked = true; });
  fake.status.webhooks[1].failed = 10;
  await poke(page);
  await reads(page, "#failing article:nth-child(1)", /10 failed attempts/);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Events: gate");
  assert.equal(await page.evaluate(() => document.querySelector("#failing article:nth-child(2)").marked), true);
  await page.locator("#problems").getByRole("button", { name: "Test: gate" }).focus();
  fake.status.problems[0].what += ", for the second time";
  await poke(page);
  await reads(page, "#problems", /for the second time/);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Test: gate");
}), broken));

test("facts of the board are folded at the end", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByText("This board", { exact: true }).click();
  const facts = await reads(page, "#facts", /Configuration/);
  assert.match(facts, /FindFace Lite server failing URL https:\/\/findface\.example last fetch .* last error 401/);
  assert.match(facts, /Queue 4 waiting, 2 dead oldest 2 min \d+ s size 4\.0 KiB of 1\.0 GiB/);
  assert.match(facts, /Database cannot be written last error disk is full/);
  assert.match(facts, /Configuration the file on disk is not the one in use .*line 4/);
  await page.getByRole("button", { name: "Read the webhooks now" }).click();
  await reads(page, "#facts", /1 added, 0 changed, 2 removed/);
  fake.refusals["POST /v1/sync"] = [502, "the login was refused"];
  await page.getByRole("button", { name: "Read the webhooks now" }).click();
  await reads(page, "#facts", /the login was refused/);
  fake.status.access = "read";
  await poke(page);
  await until(() => page.getByRole("button", { name: "Read the webhooks now" }).isHidden());
}, { allow: /502/ }), (fake) => {
  broken(fake);
  Object.assign(fake.status.server, { state: "failing", last_error: "401 wrong password" });
  Object.assign(fake.status.store, { degraded: true, last_error: "disk is full" });
  Object.assign(fake.status.config, { stale: true, errors: ["line 4: no such key"], refused_since: new Date().toISOString() });
}));

test("an agent that is gone leaves no green dot, and says since when", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#verdict", /works/);
  const colour = () => page.evaluate(() => getComputedStyle(document.querySelector("#verdict")).color);
  const green = await colour();
  await fake.stop();
  await poke(page);
  await reads(page, "#notice [role=alert]", /^The agent does not answer: no connection\. What is below is from .* ago\.$/);
  await reads(page, "#verdict", /^no answer$/);
  assert.match(await page.title(), /^board-7: no answer/);
  assert.notEqual(await colour(), green);
  const tones = await page.evaluate(() => new Set([...document.querySelectorAll(".state")].map((one) => getComputedStyle(one).color)).size);
  assert.equal(tones, 1, "every state is grey");
  await shot(page, "gone-360");
  await fake.start();
  await poke(page);
  await until(() => page.locator("#notice").isHidden());
  await reads(page, "#verdict", /works/);
  assert.equal(await colour(), green);
}, { allow: /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/ })));

test("a refused status is told with the agent's words", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#notice [role=alert]", /^The agent refuses to show its status: too many connections/);
  fake.refusals = {};
  await poke(page);
  await until(() => page.locator("#notice").isHidden());
}, { allow: /503/ }), (fake) => { fake.refusals = { "GET /v1/status": [503, "too many connections"] }; }));

test("it asks every two seconds, and not at all while it is hidden", () => withFake((fake) => withPage(fake.url, async (page) => {
  const asked = () => fake.calls.filter(({ path }) => path === "/v1/status").length;
  await reads(page, "#verdict", /works/);
  const first = asked();
  for (let i = 1; i <= 3; ++i) {
    await page.clock.runFor(2000);
    await until(() => asked() === first + i, "poll " + i);
    await reads(page, "#verdict", /works/);
  }
  await page.evaluate(() => Object.defineProperty(document, "hidden", { value: true, configurable: true }));
  await page.clock.runFor(60000);
  const before = asked();
  assert.ok(before <= first + 4, "the poll that was due ends without asking");
  await page.clock.runFor(60000);
  assert.equal(asked(), before);
  await page.evaluate(() => { delete document.hidden; document.dispatchEvent(new Event("visibilitychange")); });
  await until(() => asked() > before);
}, { clock: true })));
