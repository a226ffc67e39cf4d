// The token: asked for, kept in memory only, sent to nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { poke, reads, shot, until, withPage } from "./browser.mjs";
import { event, withFake } from "./fake_agent.mjs";

const secret = "5f2c-secret-token";
const guarded = (fake) => { fake.token = secret; fake.events = [event(1)]; };

async function enter(page, text) {
  await page.getByLabel(/^Token/).fill(text);
  await page.getByRole("button", { name: "Open" }).click();
}

test("a guarded agent's page asks for the token, and says when it is wrong", () => withFake((fake) => withPage(fake.url, async (page) => {
  await reads(page, "#gate", /This agent asks for its token .*\[ingest\] token_file/);
  await reads(page, "#verdict", /^token needed$/);
  assert.equal(await page.locator("main").isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement.id), "token");
  await shot(page, "token-360");
  await enter(page, "wrong");
  await reads(page, "#gate-error", /^The agent rejected this token\.$/);
  await enter(page, "Ключ");
  await reads(page, "#gate-error", /ASCII/);
  assert.equal(await page.getByLabel(/^Token/).getAttribute("type"), "password");
  await page.getByLabel("Show what I type").check();
  assert.equal(await page.getByLabel(/^Token/).getAttribute("type"), "text");
  await enter(page, "  " + secret + " ");
  await reads(page, "h1", /^board-7$/);
  await reads(page, "#webhook-count", /failing/);
  assert.equal(await page.locator("#gate").isVisible(), false);
}, { allow: /401/ }), guarded));

test("the token is in memory only: not in the address, the document or any storage", () => withFake((fake) => withPage(fake.url, async (page, context) => {
  await enter(page, secret);
  await reads(page, "#webhook-count", /failing/);
  for (const part of ["Events", "Try it", "Queue", "Status"]) { await page.getByRole("link", { name: part }).click(); }
  assert.equal(page.url().includes(secret), false);
  assert.equal((await page.content()).includes(secret), false);
  assert.equal(await page.getByLabel(/^Token/).evaluate((input) => input.value), "");
  assert.equal(JSON.stringify(await context.storageState({ indexedDB: true })).includes(secret), false);
  assert.ok(fake.calls.every(({ url }) => !url.includes(secret)));
  assert.ok(fake.calls.some(({ headers }) => headers.authorization === "Bearer " + secret));
  await page.reload();
  await reads(page, "#gate", /asks for its token/);
}, { allow: /401/ }), guarded));

test("a token that was changed meanwhile is asked for again", () => withFake((fake) => withPage(fake.url, async (page) => {
  await enter(page, secret);
  await reads(page, "#webhook-count", /failing/);
  fake.token = "the next one";
  await poke(page);
  await reads(page, "#gate-error", /rejected/);
  assert.equal(await page.locator("main").isVisible(), false);
  const asked = fake.calls.length;
  await poke(page);
  fake.token = "next";
  await enter(page, "next");
  await until(() => page.locator("main").isVisible());
  assert.ok(fake.calls.slice(asked).every(({ headers }) => headers.authorization === "Bearer next"), "nothing is asked while the page waits for the token");
}, { allow: /401/ }), guarded));
