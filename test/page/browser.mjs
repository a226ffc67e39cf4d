// One Chromium for all tests, and pages in it that watch what must never happen.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after } from "node:test";

const { chromium } = createRequire(join(process.env.FFL_MODULES, "x.js"))("playwright-core");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--disable-dev-shm-usage", "--host-resolver-rules=MAP *.rebound.test 127.0.0.1"] });
after(() => browser.close());

export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 900 };

let spare = null; // the page of the last test, for the next one: a new one takes half a second

async function takePage(fresh) {
  if (spare && !fresh) {
    const page = spare;
    spare = null;
    return page;
  }
  const page = await (await browser.newContext({ deviceScaleFactor: 1 })).newPage();
  page.setDefaultTimeout(15000);
  return page;
}

/// Runs `work` with a page at `url`. Afterwards: no error in the console, no request to anybody but
/// the server of the page, nothing stored, no sideways scrolling. `allow`: a pattern of errors that
/// the test itself brings about, such as a refused request. `clock`: time stands still.
export async function withPage(url, work, { viewport = phone, dark = false, allow, hash = "", clock = false } = {}) {
  const page = await takePage(clock);
  const context = page.context();
  const faults = [];
  const origin = new URL(url).origin;
  const watched = {
    console: (message) => { if (message.type() === "error" && !(allow && allow.test(message.text()))) { faults.push("console: " + message.text()); } },
    pageerror: (error) => faults.push("error: " + error.stack),
    request: (request) => { if (!request.url().startsWith(origin + "/") && !request.url().startsWith("data:")) { faults.push("request to " + request.url()); } },
    dialog: (dialog) => { faults.push("dialog: " + dialog.message()); dialog.dismiss(); },
  };
  let good = false;
  try {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: null });
    if (clock) { await page.clock.install(); }
    for (const [what, watch] of Object.entries(watched)) { page.on(what, watch); }
    await page.goto(url + "/" + hash);
    await work(page, context);
    assert.deepEqual(faults, []);
    await fits(page);
    const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
    assert.deepEqual(stored, [0, 0, ""], "the page stores nothing");
    good = !clock;
  } finally {
    for (const [what, watch] of Object.entries(watched)) { page.off(what, watch); }
    if (good) {
      await page.goto("about:blank");
      spare = page;
    } else {
      await context.close();
    }
  }
}

/// A page of somebody else's server on `host`, a name that leads to this device.
export async function foreignPage(host, work) {
  const server = createServer((_, reply) => { reply.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>evil</title>"); });
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    await page.goto(`http://${host}:${server.address().port}/`);
    await work(page);
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}

export async function fits(page) {
  const [wants, has] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wants <= has, `the page is ${wants} px wide on a screen of ${has} px`);
}

/// What the page does by itself every two seconds, at once.
export async function poke(page) {
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
}

/// Waits until `probe` (run here, may be async) returns something true; what that is.
export async function until(probe, what) {
  const end = Date.now() + 15000;
  for (;;) {
    const result = await probe();
    if (result) { return result; }
    if (Date.now() > end) { throw new Error("gave up waiting: " + (what || probe)); }
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

/// Waits until the text of what `selector` finds first matches.
export async function reads(page, selector, pattern) {
  let text = "";
  await until(async () => {
    text = (await page.locator(selector).first().innerText()).replace(/\s+/g, " ").trim();
    return pattern.test(text);
  }).catch(() => assert.fail(`${selector} reads "${text}", not ${pattern}`));
  return text;
}

/// For people to look at; kept only where FFL_SHOTS names a folder.
export async function shot(page, name) {
  if (process.env.FFL_SHOTS) {
    mkdirSync(process.env.FFL_SHOTS, { recursive: true });
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(process.env.FFL_SHOTS, name + ".png"), fullPage: true });
  }
}
