// Texts of others stay text, whatever they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, fits, phone, poke, reads, shot, until, withPage } from "./browser.mjs";
import { event, webhook, withFake } from "./fake_agent.mjs";

const script = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>";
const turned = "\u202Egnp.roood\u202C\u200B\u0000";
const long = "Schleusentorsteuerung".repeat(60);
const texts = [script, turned, long, "שער ראשי 5", "'\"`${window.broken = 1}", "javascript:window.broken=1"];

function hostile(fake) {
  const s = fake.status;
  s.host = script;
  s.version = long;
  s.verdict = "fail";
  s.problems = texts.map((text) => ({ level: "fail", what: text, fix: text, since_s: 3, webhook: null }));
  s.webhooks = texts.map((text, i) => webhook(text, { name: text, target: "http://" + text, last_error: i % 2 === 0 ? text : null, warnings: [text], reason: text, pending: 1, dead: 1 }));
  s.server.last_error = s.store.last_error = s.store.path = long;
  s.config.errors = texts;
  s.queue.dead = 6;
  fake.events = texts.map((text, i) => event(i + 1, { id: text, type: text, camera: text, card: text, plate: text, webhooks: [
    { key: text, name: text, state: "dead", delivery: i, attempts: 1, last_error: text }, { key: "x", name: text, state: "not_matched", failed: [{ filter: text, wanted: [text], found: text, hint: text }] }] }));
  fake.events.push({ seq: 99, at: script, age_s: 1, refused: { status: 400, detail: script, from: script } });
  texts.forEach((text, i) => { fake.bodies[i + 1] = { [text]: text }; });
  texts.forEach((text, i) => { fake.histories[i + 1 + "/" + text] = [{ at: text, status: 500, error: text, took_ms: 1 }]; });
  fake.deliveries = texts.map((text, i) => ({ id: i + 1, state: "dead", webhook: text, name: text, event_id: text, age_s: 1, attempts: 1, next_attempt_s: null, last_status: 500,
    last_error: text, event: { text }, history: [{ attempt: 1, age_s: 1, status: 500, error: text }] }));
}

async function everywhere(page) {
  await reads(page, "#webhook-count", /failing/);
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  await fits(page);
  await page.evaluate(() => { location.hash = "events"; });
  await until(async () => await page.locator("#event-list > li").count() === 7);
  for (const row of await page.locator("#event-list button.row").all()) { await row.click(); }
  await until(async () => await page.locator("#event-list .details pre").count() === 6);
  await fits(page);
  await page.evaluate(() => { location.hash = "try"; });
  await page.locator("#pick").selectOption({ index: 1 });
  await reads(page, "#explanation", /./);
  await page.locator("#test button").click();
  await fits(page);
  await page.keyboard.press("Escape");
  await page.evaluate(() => { location.hash = "queue"; });
  await until(async () => await page.locator("#queue-list > li").count() === 6);
  for (const row of await page.locator("#queue-list button.row").all()) { await row.click(); }
  await until(async () => await page.locator("#queue-list .details pre").count() === 6);
  await fits(page);
}

function staysText(viewport) {
  return () => withFake((fake) => withPage(fake.url, async (page) => {
    await everywhere(page);
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.locator("main script, main img, header img").count(), 0);
    const all = await page.evaluate(() => [...document.body.children].filter((one) => one.tagName !== "SCRIPT").map((one) => one.textContent).join("\n"));
    assert.equal(/[\u202a-\u202e\u2066-\u2069\u200b\u0000]/.test(all), false);
    assert.ok(all.includes("\\u202egnp.roood\\u202c\\u200b\\u0000"), "what turns the direction is shown as an escape");
    assert.ok(all.includes(script), "and tags are seen");
    await shot(page, "hostile-" + viewport.width);
  }, { viewport, allow: /404/ }), hostile);
}

test("hostile texts stay text on a phone", staysText(phone));

test("hostile texts stay text on a wide screen", staysText(desk));

test("hostile problems of the agent stay text", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#notice", /<script>window\.broken/);
  fake.refusals = { "POST /v1/explain": [400, script] };
  await poke(page);
  await page.evaluate(() => { location.hash = "try"; });
  await page.getByLabel("Event (JSON)").fill("{}");
  await page.getByRole("button", { name: "Explain" }).click();
  await reads(page, "#explanation", /^<script>window\.broken = 1<\/script><img src=x/);
  assert.equal(await page.evaluate(() => window.broken), undefined);
}, { allow: /400|503/ }), (fake) => { fake.refusals = { "GET /v1/status": [503, script] }; }));
