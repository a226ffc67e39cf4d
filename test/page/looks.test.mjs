// What everybody can use: names for screen readers, the keyboard, contrast, no sideways scrolling.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, fits, phone, poke, reads, shot, until, withPage } from "./browser.mjs";
import { event, webhook, withFake } from "./fake_agent.mjs";

/// Something of everything.
function busy(fake) {
  const s = fake.status;
  s.verdict = "fail";
  s.problems = [
    { level: "fail", what: "webhook gate: 4 deliveries wait, the oldest for 2 min: connect: connection refused", since_s: 125, fix: "check that its target runs", webhook: "2" },
    { level: "warn", what: "the certificate of [ingest] tls_cert_file ends in 12 days", since_s: null, fix: "replace it and reload", webhook: null }];
  s.webhooks = [webhook("1", { name: "Main entrance" }), webhook("2", { name: "gate", pending: 4, dead: 2, failed: 9, delivered: 0, oldest_s: 130, last_success_s: null, last_error: "connect: connection refused" }),
    webhook("3", { name: "bell", state: "inactive" }), webhook("4", { name: "log", warnings: ["filters contradict each other: nothing matches"] })];
  s.queue = { ...s.queue, pending: 4, dead: 2, oldest_s: 130 };
  const w = (key, name, state, more) => ({ key, name, state, delivery: 65536, attempts: 1, last_status: null, last_error: "", took_ms: null, ...more });
  const no = w("4", "log", "not_matched", { failed: [{ filter: "camera_in", wanted: [1, 2], found: 3 }] });
  fake.events = [
    event(190, { webhooks: [w("1", "Main entrance", "delivered", { took_ms: 35 }), w("2", "gate", "waiting", { attempts: 3, next_attempt_s: 8, last_error: "connect: connection refused" }), no] }),
    event(193, { card: null, matched: false, webhooks: [w("1", "Main entrance", "not_matched", { failed: [{ filter: "matched", wanted: true, found: false }] }), no] }),
    event(195, { type: "car", card: null, plate: "A123BC", webhooks: [w("1", "Main entrance", "suppressed", { wait_s: 7 }), w("2", "gate", "dead", { last_error: "HTTP 404" }), no] }),
    { seq: 197, at: new Date().toISOString(), age_s: 3, refused: { status: 415, detail: "Content-Type = text/plain: expected application/json", from: "127.0.0.1", times: 2 } },
    event(198, { test: true, webhooks: [w("1", "Main entrance", "delivered", { took_ms: 12 })] })];
  fake.histories["190/2"] = [1, 2, 3].map((n) => ({ at: new Date(Date.now() - n * 3000).toISOString(), status: null, error: "connect: connection refused", took_ms: 1 }));
  fake.deliveries = [1, 2].map((id) => ({ id: 65536 + id, state: "dead", webhook: "2", name: "gate", event_id: "4589", age_s: 700, attempts: 3, next_attempt_s: null, last_status: 404, last_error: "HTTP 404",
    event: { id: 4589, camera: 3, plate: "A123BC" }, history: [{ attempt: 1, age_s: 500, status: 404, error: "HTTP 404" }] }));
}

const parts = {
  status: async (page) => { await reads(page, "#webhook-count", /failing/); await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; })); },
  events: async (page) => { await reads(page, "#event-count", /last 5/); await page.locator("#event-list button.row").last().click(); await reads(page, "#event-list .details", /Explain it now/); },
  try: async (page) => {
    await page.locator("#pick").selectOption({ index: 3 });
    await reads(page, "#explanation", /matches/);
    await page.locator("#test .main").click();
    await page.getByRole("button", { name: "Send it" }).click();
    await reads(page, "#fate", /waiting/);
  },
  queue: async (page) => { await page.locator("#queue-list button.row").first().click(); await reads(page, "#queue-list .details", /Attempts/); },
};

function explains(fake) {
  busy(fake);
  const route = fake.route.bind(fake);
  fake.route = (call) => call.path === "/v1/explain" ? [200, { webhooks: [{ key: "1", name: "Main entrance", matches: true, failed: null },
    { key: "2", name: "gate", matches: false, failed: { filter: "plate", wanted: "A123BC", found: "А123ВС", hint: "found А is U+0410 CYRILLIC, wanted A is U+0041 LATIN" } }] }] : route(call);
}

/// Text that is hard to read: less contrast with its background than WCAG 2 AA asks for.
function faint() {
  const rgba = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
  const light = (c) => { const [r, g, b] = c.map((v) => { const x = v / 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== "") || node.matches("input, select, textarea");
    if (!own || !node.checkVisibility() || node.disabled || node.matches("option, script")) { continue; }
    let ground = node;
    while (ground && rgba(getComputedStyle(ground).backgroundColor)[3] < 1) { ground = ground.parentElement; }
    const style = getComputedStyle(node);
    const [a, b] = [light(rgba(style.color)), light(rgba(getComputedStyle(ground).backgroundColor))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) { found.push(node.tagName + " " + node.className + " " + ratio.toFixed(2) + ": " + node.textContent.slice(0, 40)); }
    if (parseFloat(style.fontSize) < 14) { found.push("small: " + node.textContent.slice(0, 40)); }
  }
  return found;
}

/// Controls without a name in the accessibility tree, as screen readers have it.
async function nameless(page, context) {
  const session = await context.newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const controls = new Set(["button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "DisclosureTriangle", "dialog", "navigation", "search", "heading", "form"]);
  const seen = nodes.filter(({ ignored, role }) => !ignored && role && controls.has(role.value));
  assert.ok(seen.length > 8, "the tree has controls");
  return seen.filter(({ role, name }) => role.value !== "form" && !(name && name.value.trim())).map(({ role }) => role.value);
}

function fitsAndReads(viewport, dark) {
  return () => withFake((fake) => withPage(fake.url, async (page, context) => {
    for (const [part, fill] of Object.entries(parts)) {
      await page.evaluate((hash) => { location.hash = hash; }, part);
      await reads(page, "#verdict", /fails/);
      await fill(page);
      await fits(page);
      assert.deepEqual(await page.evaluate(faint), [], part);
      assert.deepEqual(await nameless(page, context), [], part);
      await shot(page, `${part}-${viewport.width}-${dark ? "dark" : "light"}`);
    }
  }, { viewport, dark }), explains);
}

test("a phone by day: contrast, names, nothing sideways", fitsAndReads(phone, false));

test("a phone by night: contrast, names, nothing sideways", fitsAndReads(phone, true));

test("a desk by day: contrast, names, nothing sideways", fitsAndReads(desk, false));

test("a desk by night: contrast, names, nothing sideways", fitsAndReads(desk, true));

test("every control is reached with the keyboard, and shows it", () => withFake((fake) => withPage(fake.url, async (page) => {
  for (const part of Object.keys(parts)) {
    await page.evaluate((hash) => { location.hash = hash; document.activeElement.blur(); }, part);
    await parts[part](page);
    const wanted = await page.evaluate(() => {
      document.activeElement.blur();
      window.reached = new Set();
      return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
        .filter((one) => one.checkVisibility() && !one.disabled && !(one.type === "radio" && !one.checked)).length; // arrows reach the other radio buttons
    });
    for (let i = 0; i < wanted + 5; ++i) {
      await page.keyboard.press("Tab");
      const plain = await page.evaluate(() => {
        const one = document.activeElement;
        if (one === document.body) { return null; }
        if (one.matches("a, button, input, select, textarea, summary")) { window.reached.add(one); }
        const style = getComputedStyle(one);
        return style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2 ? one.outerHTML.slice(0, 80) : null;
      });
      assert.equal(plain, null, "it has the focus and does not show it");
    }
    assert.equal(await page.evaluate(() => window.reached.size), wanted, part);
  }
}), explains));

test("counts are announced, and errors at once", () => withFake((fake) => withPage(fake.url, async (page, context) => {
  await reads(page, "#webhook-count", /failing/);
  const session = await context.newCDPSession(page);
  await session.send("Accessibility.enable");
  const live = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[role=status], [role=alert]")].map((one) => [one.id || one.parentElement.id, one.getAttribute("role")])));
  assert.deepEqual(live, { verdict: "status", notice: "alert", "gate-error": "alert", "webhook-count": "status", "event-count": "status", explanation: "status", fate: "status",
    "queue-summary": "status", "queue-error": "alert" });
  assert.equal(await page.locator("nav a[aria-current=page]").innerText(), "Status");
}), busy));

test("nothing moves for who asked for less motion", () => withFake((fake) => withPage(fake.url, async (page) => {
  const moving = async () => {
    fake.events.push(event(fake.events.length + 1, { age_s: 0 }));
    await poke(page);
    await reads(page, "#event-count", new RegExp(`the last ${fake.events.length} event`));
    return page.evaluate(() => document.getAnimations().length);
  };
  await reads(page, "#event-count", /the last 1 event/);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  assert.ok(await moving() > 0);
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await moving(), 0);
}, { hash: "#events" }), (fake) => { fake.events = [event(1)]; }));

test("a wide screen has the status beside the other parts", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#event-count", /last/);
  assert.ok(await page.locator("#problems").isVisible());
  assert.equal(await page.locator("nav a[aria-current=page]").innerText(), "Events");
  await page.getByRole("link", { name: "Queue" }).click();
  await reads(page, "#queue-summary", /dead/);
  assert.ok(await page.locator("#problems").isVisible());
  assert.equal(await page.locator("#event-list").isVisible(), false);
  await page.setViewportSize(phone);
  await until(async () => !await page.locator("#problems").isVisible());
  await page.goBack();
  await until(() => page.locator("#problems").isVisible());
}, { viewport: desk }), busy));
