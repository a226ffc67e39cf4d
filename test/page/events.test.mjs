// What just happened.
import assert from "node:assert/strict";
import { test } from "node:test";
import { poke, reads, shot, until, withPage } from "./browser.mjs";
import { event, webhook, withFake } from "./fake_agent.mjs";

const door = (more) => ({ key: "1", name: "door-1", state: "delivered", delivery: 65536, attempts: 1, last_status: 200, last_error: "", took_ms: 35, ...more });
const gate = (more) => ({ key: "2", name: "gate", ...more });
const refusal = () => ({ seq: 8, at: new Date().toISOString(), age_s: 2, refused: { status: 415, detail: "Content-Type = text/plain: expected application/json", from: "127.0.0.1", times: 3 } });

function happened(fake) {
  const notMatched = gate({ state: "not_matched", failed: [{ filter: "camera_in", wanted: [1], found: 3 }, { filter: "plate", wanted: "A123BC", found: null }] });
  fake.events = [
    event(1, { webhooks: [door(), notMatched] }),
    event(2, { camera: 4, webhooks: [door({ state: "waiting", attempts: 2, next_attempt_s: 30, last_status: 503, last_error: "HTTP 503", took_ms: null }), notMatched] }),
    event(3, { card: null, matched: false, webhooks: [door({ state: "suppressed", wait_s: 12.3, delivery: null })] }),
    event(4, { type: "car", card: null, camera: 5, plate: "A123BC", webhooks: [door({ state: "dead", attempts: 3, last_status: 404, last_error: "HTTP 404" }), gate({ state: "expired", attempts: 1, last_error: "timed out" })] }),
    event(5, { duplicate: true, webhooks: [] }),
    event(6, { test: true, webhooks: [door({ state: "dropped" })] }),
    event(7, { webhooks: [door({ state: "inactive", reason: "active is false" }), gate({ state: "unsupported", reason: "age_gte: unknown filter" })] }),
    refusal(),
  ];
}

const row = (seq, total) => `#event-list > li:nth-child(${total - seq + 1})`;

test("each event says what became of it at every webhook", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /^the last 8 events$/);
  const lines = (await page.locator("#event-list > li").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
  fake.events.at(-1).seq = 9;
  fake.events.at(-1).refused.times = 4;
  await poke(page);
  await reads(page, "#event-list > li:nth-child(1)", /4 times$/);
  assert.equal(await page.locator("#event-list > li").count(), 8, "a request that is refused again is one entry");
  assert.match(lines[0], /^\d\d:\d\d:\d\d, [23] s ago a request refused with 415 Content-Type = text\/plain: expected application\/json, from 127\.0\.0\.1, 3 times$/);
  assert.match(lines[1], /door-1: inactive active is false gate: not served age_gte: unknown filter/);
  assert.match(lines[2], /test .*door-1: dropped/);
  assert.match(lines[3], /duplicate accepted before, not delivered again/);
  assert.match(lines[4], /car camera 5 plate A123BC confidence 0\.93 door-1: dead letter HTTP 404 gate: expired timed out/);
  assert.match(lines[5], /camera 3 no card .*door-1: suppressed by the cooldown which lasts another 1[12] s/);
  assert.match(lines[6], /camera 4 card 7 .*door-1: waiting attempt 2 failed: HTTP 503, next in (2\d|30) s gate: not matched camera_in wants \[1\], found 3; plate wants "A123BC", found nothing/);
  assert.match(lines[7], /\d\d:\d\d:\d\d, 3 min \d+ s ago face camera 3 card 7 confidence 0\.93 door-1: delivered in 35 ms gate: not matched/);
  await shot(page, "events-360");
}, { hash: "#events" }), happened));

test("many webhooks that an event did not match are a number", () => withFake((fake) => withPage(fake.url, async (page) => {
  assert.match(await reads(page, row(2, 2), /door-1/), /door-1: delivered in 35 ms and 149 more not matched/);
  assert.match(await reads(page, row(1, 2), /w2/), /w2: not matched .* w3: .* w4: .* and 146 more not matched/);
  await page.locator("#event-webhook").selectOption("150");
  await reads(page, row(1, 2), /confidence 0\.93 not matched camera_in wants \[9\], found 3$/);
}, { hash: "#events" }), (fake) => {
  fake.status.webhooks.push(webhook("150"));
  const others = Array.from({ length: 149 }, (_, i) => ({ key: String(i + 2), name: "w" + (i + 2), state: "not_matched", failed: [{ filter: "camera_in", wanted: [9], found: 3 }] }));
  fake.events = [event(1, { webhooks: others }), event(2, { webhooks: [door(), ...others] })];
}));

test("events are narrowed by camera, webhook and outcome", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /^the last 8 events$/);
  await page.getByLabel("Camera").fill("4");
  await reads(page, "#event-count", /^1 event as chosen above$/);
  assert.ok(fake.calls.some(({ path, query }) => path === "/v1/events" && query.camera === "4"), "the agent looks through all of its list");
  await page.getByLabel("Camera").fill("door");
  await reads(page, "#event-count", /^0 events as chosen above$/);
  await page.getByLabel("Camera").fill("");
  await reads(page, "#event-count", /^the last 8 events$/);
  await page.locator("#event-webhook").selectOption("2");
  await reads(page, "#event-count", /^4 events as chosen above$/);
  assert.match(await reads(page, "#event-list > li:nth-child(1)", /./), /unknown filter/);
  assert.equal(/door-1/.test(await page.locator("#event-list").innerText()), false, "of the chosen webhook only");
  await page.locator("#event-webhook").selectOption("1");
  await page.getByLabel("Outcome").selectOption("not delivered");
  await reads(page, "#event-count", /^5 events as chosen above$/);
  await page.getByLabel("Outcome").selectOption("delivered");
  await reads(page, "#event-count", /^1 event as chosen above$/);
}, { hash: "#events" }), (fake) => { happened(fake); }));

test("new events arrive on top, and a waiting one changes in its place", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /^No event since the agent started\.$/);
  fake.events.push(event(1, { age_s: 0, webhooks: [door({ state: "waiting", attempts: 0, last_status: null })] }));
  await poke(page);
  await reads(page, row(1, 1), /door-1: waiting for the first attempt/);
  await page.evaluate(() => { document.querySelector("#event-list > li").closest("ol").marked = true; });
  fake.events[0].webhooks[0] = door();
  fake.events.push(event(2, { age_s: 0 }));
  await poke(page);
  await reads(page, row(1, 2), /door-1: delivered in 35 ms/);
  await reads(page, "#event-count", /^the last 2 events$/);
  const asked = fake.calls.filter(({ path }) => path === "/v1/events").map(({ query }) => query.after);
  assert.equal(asked[0], undefined);
  await poke(page);
  await until(() => fake.calls.some(({ path, query }) => path === "/v1/events" && query.after === "2"), "only what is new is asked for");
}, { hash: "#events" })));

test("an agent that was started again begins a new list", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /^the last 3 events$/);
  fake.events = [event(1, { type: "car" })];
  await poke(page);
  await reads(page, "#event-count", /^the last 1 event$/);
  await reads(page, row(1, 1), /car/);
  fake.status.uptime_s = 2;
  fake.events = [event(1, { type: "license_plate" }), event(2)];
  await poke(page);
  await reads(page, row(1, 2), /license_plate/);
}, { hash: "#events" }), (fake) => { fake.events = [event(7), event(8), event(9)]; }));

test("a paused list stands still and counts what is newer", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /^the last 1 event$/);
  await page.getByRole("button", { name: "Pause" }).click();
  fake.events.push(event(2), event(3));
  await poke(page);
  await reads(page, "#event-count", /^the last 1 event, paused: 2 newer$/);
  assert.equal(await page.locator("#event-list > li").count(), 1);
  await page.getByRole("button", { name: "Go on" }).click();
  await reads(page, "#event-count", /^the last 3 events$/);
}, { hash: "#events" }), (fake) => { fake.events = [event(1)]; }));

test("an event opens to its fields, its attempts and its text", () => withFake((fake) => withPage(fake.url, async (page) => {
  const first = page.locator("#event-list > li:nth-child(1)");
  await first.getByRole("button", { name: /camera 3/ }).click();
  const details = await reads(page, "#event-list .details", /Explain it now/);
  assert.match(details, /id id-1 type face camera 3 card 7 confidence 0\.93 accepted/);
  assert.match(details, /door-1: dead letter HTTP 503 \d\d:\d\d:\d\d status 503, 12 ms \d\d:\d\d:\d\d timed out, 10000 ms/);
  assert.match(details, /"snapshot": "\(40000 bytes left out\)"/);
  assert.equal(await first.getByRole("button", { name: /camera 3/ }).getAttribute("aria-expanded"), "true");
  await first.getByRole("button", { name: "Delivery 1.4" }).click();
  await reads(page, "#queue-list .details", /Attempts/);
  assert.equal(new URL(page.url()).hash, "#queue");
  assert.equal(await page.locator("#queue-webhook").inputValue(), "1");
}, { hash: "#events" }), (fake) => {
  fake.events = [event(1, { webhooks: [door({ state: "dead", delivery: 65540, last_error: "HTTP 503" })] })];
  fake.bodies[1] = { id: "id-1", snapshot: "(40000 bytes left out)" };
  fake.histories["1/1"] = [{ at: new Date().toISOString(), status: 503, error: "", took_ms: 12 }, { at: new Date().toISOString(), status: null, error: "timed out", took_ms: 10000 }];
  fake.deliveries = [{ id: 65540, state: "dead", webhook: "1", name: "door-1", event_id: "id-1", age_s: 5, attempts: 2, next_attempt_s: null, last_status: 503, last_error: "HTTP 503", event: {}, history: [] }];
}));

test("an event that the agent has forgotten says so", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /^the last 1 event$/);
  await page.getByRole("button", { name: "Pause" }).click();
  fake.events = [];
  await page.locator("#event-list button").click();
  await reads(page, "#event-list .details", /^there is no event 1$/);
}, { hash: "#events", allow: /404/ }), (fake) => { fake.events = [event(1)]; }));

test("a list that is switched off says which key switches it on", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /event_list = 0/);
}, { hash: "#events" }), (fake) => { fake.eventsEnabled = false; }));
