// Explain an event, and send a test event.
import assert from "node:assert/strict";
import { test } from "node:test";
import { poke, reads, shot, withPage } from "./browser.mjs";
import { event, withFake } from "./fake_agent.mjs";

test("a test event asks first, goes out, and its fate is followed", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.locator("#test-webhook").selectOption("local:door ü");
  await page.getByRole("button", { name: "Send a test event" }).click();
  await reads(page, "dialog", /Send a test event to door ü\? Its target receives a real request: a door may open/);
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(fake.calls.some(({ method }) => method === "POST"), false, "nothing is sent before the answer");
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("button", { name: "Send it" }).click();
  await reads(page, "#fate", /door ü: waiting for the first attempt/);
  const sent = fake.calls.find(({ method }) => method === "POST");
  assert.equal(sent.url, "/v1/webhooks/local%3Adoor%20%C3%BC/test");
  assert.equal(sent.body, "", "the agent's own sample");
  Object.assign(fake.events[0].webhooks[0], { attempts: 1, last_status: 503, last_error: "HTTP 503", next_attempt_s: 1 });
  await poke(page);
  await reads(page, "#fate", /waiting attempt 1 failed: HTTP 503, next/);
  Object.assign(fake.events[0].webhooks[0], { state: "delivered", attempts: 2, took_ms: 21 });
  await poke(page);
  await reads(page, "#fate", /delivered in 21 ms, with attempt 2/);
  await shot(page, "try-360");
}, { hash: "#try" }), (fake) => { Object.assign(fake.status.webhooks[1], { key: "local:door ü", name: "door ü" }); }));

test("the event in the box can be the test event", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByLabel("Event (JSON)").fill('{"type":"car"}');
  await page.getByLabel("The event above").check();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("button", { name: "Send it" }).click();
  await reads(page, "#fate", /waiting/);
  const sent = fake.calls.find(({ method }) => method === "POST");
  assert.equal(sent.body, '{"type":"car"}');
  assert.equal(sent.headers["content-type"], "application/json");
}, { hash: "#try" })));

test("a test event whose number is not told is found by its delivery", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("button", { name: "Send it" }).click();
  await reads(page, "#fate", /door-1: waiting for the first attempt/);
  fake.events = [];
  await poke(page);
  await reads(page, "#fate", /list of events does not have delivery 1\.0/);
}, { hash: "#try" }), (fake) => {
  const route = fake.route.bind(fake);
  fake.route = (call) => { const [status, json] = route(call); return [status, call.path.endsWith("/test") ? { ...json, seq: undefined } : json]; };
}));

test("a webhook that is not served says why it takes no test event", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("button", { name: "Send it" }).click();
  await reads(page, "#fate", /^the webhook is not served: age_gte: unknown filter$/);
}, { hash: "#try", allow: /409/ }), (fake) => { fake.refusals["POST /v1/webhooks/1/test"] = [409, "the webhook is not served: age_gte: unknown filter"]; }));

test("one of the last events is put into the box", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByLabel("Take one of the last events").selectOption({ index: 1 });
  await reads(page, "#explanation", /The event matches 0 of 1 webhooks\. door-1: does not match camera_in wants \[1\], found 3; plate wants "A", found "А" \(found А is U\+0410\)/);
  assert.match(await page.getByLabel("Event (JSON)").inputValue(), /"plate": "А"/);
}, { hash: "#try" }), (fake) => {
  fake.events = [event(1)];
  fake.bodies[1] = { camera: 3, plate: "А" };
  const failed = [{ filter: "camera_in", wanted: [1], found: 3 }, { filter: "plate", wanted: "A", found: "А", hint: "found А is U+0410" }];
  const route = fake.route.bind(fake);
  fake.route = (call) => call.path === "/v1/explain" ? [200, { webhooks: [{ key: "1", name: "door-1", matches: false, failed }] }] : route(call);
}));

test("beside the filters, duplicates, cooldowns and failing targets are told", () => withFake((fake) => withPage(fake.url, async (page) => {
  await page.getByLabel("Event (JSON)").fill('{"id":1}');
  await page.getByRole("button", { name: "Explain" }).click();
  const text = await reads(page, "#explanation", /matches/);
  assert.match(text, /The event matches 1 of 2 webhooks\. It would be a duplicate: .*door-1: matches A cooldown would keep it back for another 13 s\. The last attempt of this webhook failed: HTTP 503/);
  assert.match(text, /door-2: does not match camera_in wants \[1\], found 3; matched wants true, found false$/);
}, { hash: "#try" }), (fake) => {
  const route = fake.route.bind(fake);
  fake.route = (call) => call.path === "/v1/explain" ? [200, { duplicate: true, webhooks: [
    { key: "2", name: "door-2", matches: false, failed: { filter: "camera_in", wanted: [1], found: 3 }, also_failed: [{ filter: "matched", wanted: true, found: false }], cooldown_s: 5, last_error: null },
    { key: "1", name: "door-1", matches: true, failed: null, cooldown_s: 12.3, last_error: "HTTP 503" }] }] : route(call);
}));

test("a page that may only read says how to get more, and sends nothing", () => withFake((fake) => withPage(fake.url, async (page) => {
  const hint = await reads(page, "#test-hint", /read-only/);
  assert.match(hint, /\[ingest\] token_file/);
  assert.match(hint, /ssh -L 8093:\/run\/ffl-agent\/agent\.sock board-7/);
  assert.equal(await page.getByRole("button", { name: "Send a test event" }).isVisible(), false);
  await page.getByRole("link", { name: "Queue" }).click();
  await reads(page, "#queue-hint", /read-only/);
  assert.equal(await page.getByRole("button", { name: "Drop all" }).isVisible(), false);
  assert.equal(fake.calls.some(({ path }) => path.startsWith("/v1/deliveries")), false);
}, { hash: "#try" }), (fake) => { fake.status.access = "read"; }));
