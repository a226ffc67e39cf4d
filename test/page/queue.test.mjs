// Dead letters and waiting deliveries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { poke, reads, shot, until, withPage } from "./browser.mjs";
import { withFake } from "./fake_agent.mjs";

function delivery(id, more = {}) {
  return { id, state: "dead", webhook: "1", name: "door-1", event_id: "id-" + id, age_s: 300, attempts: 2, next_attempt_s: null, last_status: 503, last_error: "HTTP 503",
    event: { id: "id-" + id, camera: 3, image: "x".repeat(5000) }, history: [{ attempt: 1, age_s: 20, status: null, error: "timed out" }, { attempt: 2, age_s: 10, status: 503, error: null }], ...more };
}

function count(fake) {
  fake.status.queue.dead = fake.deliveries.filter(({ state }) => state === "dead").length;
  fake.status.queue.pending = fake.deliveries.length - fake.status.queue.dead;
  for (const w of fake.status.webhooks) {
    w.dead = fake.deliveries.filter((d) => d.webhook === w.key && d.state === "dead").length;
    w.pending = fake.deliveries.filter((d) => d.webhook === w.key && d.state === "pending").length;
  }
}

function filled(fake) {
  const drop = fake.drop.bind(fake);
  fake.drop = (gone) => { drop(gone); count(fake); };
  fake.deliveries = [delivery(1), delivery(2), delivery(3, { webhook: "2", name: "gate" }), delivery(4, { state: "pending", attempts: 1, next_attempt_s: 40 })];
  count(fake);
}

test("dead letters are listed with their attempts and their event", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#queue-summary", /^3 dead letters of all webhooks$/);
  await reads(page, "nav", /Queue \(4\)/);
  assert.match(await reads(page, "#queue-list > li:nth-child(1)", /./), /dead letter door-1 .* 5 min 0 s ago delivery 0\.1, event id-1, 2 attempts HTTP 503/);
  await page.locator("#queue-list button").first().click();
  const details = await reads(page, "#queue-list .details", /Event/);
  assert.match(details, /Attempts \d\d:\d\d:\d\d, 2\d s ago timed out \d\d:\d\d:\d\d, 1\d s ago status 503 Retry Drop/);
  assert.match(details, /"image": "x{40}… \(5000 characters\)"/);
  await shot(page, "queue-360");
  await page.locator("#queue-state").selectOption("waiting");
  await reads(page, "#queue-list > li:nth-child(1)", /waiting door-1 .* 1 attempt, next in (39|40) s HTTP 503/);
  await page.locator("#queue-webhook").selectOption("2");
  await reads(page, "#queue-summary", /^0 waiting deliveries of door-2$/);
  assert.equal(await page.getByRole("button", { name: "Drop all" }).isDisabled(), true);
}, { hash: "#queue" }), filled));

test("one delivery is retried, another dropped after a question", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.locator("#queue-list button").first().click();
  await page.getByRole("button", { name: "Retry: delivery 0.1" }).click();
  await reads(page, "#queue-summary", /^retried 1\. 2 dead letters of all webhooks$/);
  await page.locator("#queue-list > li:nth-child(1) button").first().click();
  await page.getByRole("button", { name: "Drop: delivery 0.2" }).click();
  await reads(page, "dialog", /^Drop delivery 0\.2\? door-1 will never get this event\. Cancel Drop it$/);
  await page.keyboard.press("Escape");
  assert.equal(fake.calls.some(({ method }) => method === "DELETE"), false);
  await page.getByRole("button", { name: "Drop: delivery 0.2" }).click();
  await page.getByRole("button", { name: "Drop it" }).click();
  await reads(page, "#queue-summary", /^dropped 1\. 1 dead letter of all webhooks$/);
  assert.deepEqual(fake.calls.filter(({ method }) => method !== "GET").map(({ method, path }) => method + " " + path), ["POST /v1/deliveries/1/retry", "DELETE /v1/deliveries/2"]);
}, { hash: "#queue" }), filled));

test("all that are selected are retried or dropped, after a question with their number", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.locator("#queue-webhook").selectOption("1");
  await reads(page, "#queue-summary", /^2 dead letters of door-1$/);
  await page.getByRole("button", { name: "Drop all" }).click();
  await reads(page, "dialog", /^Drop 2 dead letters of door-1\?/);
  await page.getByRole("button", { name: "Drop them" }).click();
  await reads(page, "#queue-summary", /^dropped 2\. 0 dead letters of door-1$/);
  await page.locator("#queue-webhook").selectOption("");
  await page.locator("#queue-state").selectOption("waiting");
  await page.getByRole("button", { name: "Retry all" }).click();
  await page.getByRole("button", { name: "Retry them" }).click();
  await reads(page, "#queue-summary", /^retried 1\./);
  assert.deepEqual(fake.calls.filter(({ method }) => method !== "GET").map(({ path, body }) => [path, JSON.parse(body)]),
    [["/v1/deliveries/drop", { state: "dead", webhook: "1" }], ["/v1/deliveries/retry", { state: "pending" }]]);
}, { hash: "#queue" }), filled));

test("a long list comes in pages", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#queue-summary", /^120 dead letters of all webhooks, the oldest 50 shown$/);
  await page.getByRole("button", { name: "More" }).click();
  await until(async () => await page.locator("#queue-list > li").count() === 100);
  await page.getByRole("button", { name: "More" }).click();
  await until(async () => await page.locator("#queue-list > li").count() === 120);
  assert.equal(await page.getByRole("button", { name: "More" }).isVisible(), false);
}, { hash: "#queue" }), (fake) => {
  fake.deliveries = Array.from({ length: 120 }, (_, i) => delivery(i + 1));
  count(fake);
}));

test("the list follows the counts of the status", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#queue-summary", /^0 dead letters/);
  fake.deliveries = [delivery(9)];
  count(fake);
  await poke(page);
  await reads(page, "#queue-list", /delivery 0\.9/);
  fake.refusals["POST /v1/deliveries/9/retry"] = [503, "the database is not available: disk is full"];
  await page.locator("#queue-list button").first().click();
  await page.getByRole("button", { name: "Retry: delivery 0.9" }).click();
  await reads(page, "#queue-error", /^the database is not available: disk is full$/);
}, { hash: "#queue", allow: /503/ })));
