// The page of the real agent, from the event to the target's answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Target, withAgent } from "./agent.mjs";
import { poke, reads, shot, until, withPage } from "./browser.mjs";

const token = "5f2c-secret-token";
const face = { type: "face", camera: 3, matched_card: 7, matched: true, confidence: 0.93, id: 4589 };

/// Three doors: one answers, one does not know the path, one has a filter that says no.
async function withDoors(work, options) {
  const answers = { "/gate": 404, "/open": 200, "/log": 200 };
  const target = await new Target((path) => answers[path]).start();
  const webhooks = [{ name: "front door", target: target.url("/open") }, { name: "gate", target: target.url("/gate"), send_attempts: 1 },
    { name: "log", target: target.url("/log"), filters: { camera_in: [1], matched: true } }];
  try {
    await withAgent(webhooks, (agent) => work(agent, target, answers), options);
  } finally {
    target.stop();
  }
}

async function enter(page) {
  await page.getByLabel(/^Token/).fill(token);
  await page.getByRole("button", { name: "Open" }).click();
}

test("the real agent: an event is followed from its arrival to each target's answer", () => withDoors((agent, target) => withPage(agent.url, async (page) => {
  await reads(page, "#event-count", /^No event since the agent started\.$/);
  assert.equal((await agent.send(face)).status, 202);
  await agent.call("POST", "/v1/events", { type: "car" }, { "Content-Type": "text/plain" });
  await until(async () => { await poke(page); return /a request/.test(await page.locator("#event-list").innerText()); });
  const refused = await reads(page, "#event-list > li:nth-child(1)", /refused/);
  assert.match(refused, /refused with 415 .*, from socket/);
  await until(async () => { await poke(page); return /dead letter/.test(await page.locator("#event-list").innerText()); });
  const row = await reads(page, "#event-list > li:nth-child(2)", /delivered/);
  assert.match(row, /^\d\d:\d\d:\d\d, \d+ s ago face camera 3 card 7 confidence 0\.93 front door: delivered in \d+ ms gate: dead letter .*404.* log: not matched camera_in wants \[1\], found 3$/);
  await page.locator("#event-list button").first().click();
  const details = await reads(page, "#event-list .details", /Explain it now/);
  assert.match(details, /id 4589 type face camera 3 card 7 confidence 0\.93 accepted/);
  assert.match(details, /gate: dead letter .*404.* \d\d:\d\d:\d\d status 404/);
  await page.getByRole("button", { name: "Explain it now" }).click();
  await reads(page, "#explanation", /The event matches 2 of 3 webhooks\..*log: does not match camera_in wants \[1\], found 3/);
  await reads(page, "#test-hint", /read-only/);
  assert.ok(target.seen.every(({ headers }) => headers["ffl-test"] === undefined));
}, { hash: "#events" })));

test("the real agent: ids of 64 bits and the text of an event stay what they are", () => withDoors((agent) => withPage(agent.url, async (page) => {
  await agent.send('{"camera": 9007199254740993, "matched_card": 18446744073709551615, "zoom": 1.50}');
  await agent.send('{"camera": 9007199254740992}');
  await until(async () => { await poke(page); return /last 2 events/.test(await page.locator("#event-count").innerText()); });
  await page.getByLabel("Camera").fill("9007199254740993");
  await reads(page, "#event-count", /^1 event as chosen above$/);
  await reads(page, "#event-list", /camera 9007199254740993 card 18446744073709551615 .*camera_in wants \[1\], found 9007199254740993/);
  await page.locator("#event-list button").first().click();
  await reads(page, "#event-list .details", /card 18446744073709551615 .*"camera": 9007199254740993, "matched_card": 18446744073709551615, "zoom": 1\.50/);
  await page.getByRole("button", { name: "Explain it now" }).click();
  await reads(page, "#explanation", /found 9007199254740993/);
  assert.match(await page.locator("#event-text").inputValue(), /"camera": 9007199254740993,\n {2}"matched_card": 18446744073709551615,\n {2}"zoom": 1\.50\n/);
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByLabel("Camera").fill("door");
  await reads(page, "#event-count", /camera = "door".*whole number/);
}, { hash: "#events", allow: /400/ })));

test("the real agent: what fails is named on top, and a webhook whose filters fail too", () => withDoors(async (agent) => {
  await agent.send(face);
  await withPage(agent.url, async (page) => {
    await until(async () => { await poke(page); return /gate/.test(await page.locator("#failing").innerText()); });
    await reads(page, "#failing", /gate failing .*Last error: 404/);
    await until(async () => { await poke(page); return /dead letter/.test(await page.locator("#problems").innerText()); });
    assert.match(await page.title(), /^[^ ]+: (works, with warnings|something fails) – ffl-agent$/);
    await page.locator("#fine-title").click();
    await reads(page, "#fine-list", /front door delivering .*Last success: \d\d:\d\d:\d\d, \d+ s ago 1 delivered 1 matched/);
    await page.getByText("This board", { exact: true }).click();
    await reads(page, "#facts", /Queue 0 waiting, 1 dead .*Database ok file .*agent\.db .*Configuration .*agent\.ini/);
    await shot(page, "agent-360");
  });
}));

test("the real agent: with the token, dead letters are retried and dropped", () => withDoors((agent, target, answers) => withPage(agent.url, async (page) => {
  await enter(page);
  await agent.send(face);
  await page.getByRole("link", { name: /Queue/ }).click();
  await until(async () => { await poke(page); return /1 dead letter of all/.test(await page.locator("#queue-summary").innerText()); });
  await page.locator("#queue-list button").first().click();
  const details = await reads(page, "#queue-list .details", /Event/);
  assert.match(details, /Attempts \d\d:\d\d:\d\d, \d+ s ago status 404.*"camera": 3/);
  answers["/gate"] = 200;
  await page.getByRole("button", { name: /^Retry: delivery/ }).click();
  await reads(page, "#queue-summary", /^retried 1\./);
  await until(async () => { await poke(page); return /0 dead letters of all webhooks/.test(await page.locator("#queue-summary").innerText()); });
  assert.equal(target.seen.filter(({ path }) => path === "/gate").length, 2);

  answers["/gate"] = 404;
  await agent.send({ ...face, id: 4590 });
  await until(async () => { await poke(page); return /1 dead letter of all/.test(await page.locator("#queue-summary").innerText()); });
  await page.getByRole("button", { name: "Drop all" }).click();
  await page.getByRole("button", { name: "Drop them" }).click();
  await reads(page, "#queue-summary", /^dropped 1\. 0 dead letters/);
  await page.getByRole("link", { name: "Events" }).click();
  await until(async () => { await poke(page); return /gate: dropped/.test(await page.locator("#event-list").innerText()); });
}, { allow: /401/ }), { token }));

test("the real agent: killed and started again", () => withDoors((agent) => withPage(agent.url, async (page) => {
  await agent.send(face);
  await until(async () => { await poke(page); return /last 1 event/.test(await page.locator("#event-count").innerText()); });
  await agent.stop();
  await until(async () => { await poke(page); return /no answer/.test(await page.title()); });
  await reads(page, "#notice [role=alert]", /^The agent does not answer: no connection\. What is below is from /);
  await agent.start();
  await until(async () => { await poke(page); return page.locator("#notice").isHidden(); });
  await reads(page, "#event-count", /^No event since the agent started\.$/);
  assert.equal(await page.locator("#event-list > li").count(), 0);
}, { hash: "#events", allow: /ERR_CONNECTION|ERR_EMPTY_RESPONSE/ })));
