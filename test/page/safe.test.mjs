// Other web pages in the same browser, against the real agent: what changes something needs the
// Authorization header or the socket, and neither is theirs.
import assert from "node:assert/strict";
import { connect, createServer as listenTcp } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { withAgent, Target } from "./agent.mjs";
import { foreignPage, until } from "./browser.mjs";

const token = "5f2c-secret-token";
const changes = [["POST", "/v1/deliveries/drop", '{"all":true}'], ["POST", "/v1/deliveries/retry", '{"all":true}'], ["DELETE", "/v1/deliveries/65536"],
  ["POST", "/v1/deliveries/65536/retry"], ["POST", "/v1/sync"], ["POST", "/v1/webhooks/local:door/test"], ["PUT", "/v1/log-level", '{"level":"debug"}']];

/// An agent with one dead letter.
async function withDeadLetter(work, options) {
  const target = await new Target(() => 404).start();
  try {
    await withAgent([{ name: "door", target: target.url("/open"), send_attempts: 1 }], async (agent) => {
      assert.equal((await agent.send({ type: "car" })).json.deliveries, 1);
      const dead = async () => (await agent.call("GET", "/v1/deliveries?state=dead")).json.deliveries;
      await until(async () => (await dead()).length === 1, "a dead letter");
      await work(agent, dead);
      assert.equal((await dead()).length, 1, "it is still there");
      assert.equal(target.seen.length, 1, "and was not sent again");
    }, options);
  } finally {
    target.stop();
  }
}

/// ssh -L: a TCP port that leads to the agent's socket.
async function withForwarded(agent, work) {
  const server = listenTcp((client) => {
    const socket = connect(join(agent.folder, "agent.sock"));
    for (const [from, to] of [[client, socket], [socket, client]]) { from.on("error", () => to.destroy()).pipe(to); }
  });
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  try {
    await work(server.address().port);
  } finally {
    server.close();
  }
}

async function refusedWith(port, headers, wanted) {
  for (const [method, path, body] of changes) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { method, body, headers });
    assert.equal(reply.status, wanted, method + " " + path);
    assert.match(reply.headers.get("content-type"), /problem\+json/);
    assert.equal(reply.headers.get("access-control-allow-origin"), null);
  }
}

/// Everything that a page of another origin can send without asking first, and with asking.
async function attack(page, base) {
  return page.evaluate(async ([url, list]) => {
    const told = [];
    for (const [method, path, body] of list) {
      for (const [mode, headers] of [["no-cors", {}], ["cors", {}], ["cors", { "Content-Type": "application/json", Authorization: "Bearer guess" }]]) {
        try {
          const reply = await fetch(url + path, { method, body, mode, headers });
          told.push([path, mode, reply.type, reply.status, await reply.text()]);
        } catch (error) {
          told.push([path, mode, "refused by the browser", 0, ""]);
        }
      }
    }
    return told;
  }, [base, changes]);
}

test("without a token nothing is changed over TCP, with one only by who sends it", async () => {
  await withDeadLetter((agent) => refusedWith(agent.port, {}, 403));
  await withDeadLetter(async (agent) => {
    await refusedWith(agent.port, {}, 401);
    await refusedWith(agent.port, { Authorization: "Bearer wrong" }, 401);
    await refusedWith(agent.port, { Authorization: "Bearer " + token, Origin: "http://evil.example" }, 403);
  }, { token });
});

test("a page of another origin changes nothing and reads nothing", () => withDeadLetter((agent) => withForwarded(agent, (forwarded) => foreignPage("localhost", async (page) => {
  for (const port of [agent.port, forwarded]) {
    const told = await attack(page, `http://127.0.0.1:${port}`);
    assert.equal(told.length, changes.length * 3);
    for (const [path, mode, type, status, text] of told) { assert.deepEqual([status, text], [0, ""], `${path} ${mode} ${type}`); }
    assert.equal(await page.evaluate((url) => fetch(url).then((reply) => reply.text(), () => "nothing"), `http://127.0.0.1:${port}/v1/status`), "nothing");
  }
}))));

test("a page whose name was pointed at this device gets nothing", () => withDeadLetter((agent) => withForwarded(agent, async (forwarded) => {
  for (const port of [agent.port, forwarded]) {
    await foreignPage("evil.rebound.test", async (page) => {
      // The name leads to the agent now: to the browser this is the page's own server.
      await page.goto(`http://evil.rebound.test:${port}/v1/status`);
      assert.match(await page.locator("body").innerText(), /"status":\s*421/);
      for (const [, , type, status, text] of await attack(page, "")) {
        assert.ok(status === 421 || type === "refused by the browser", `${status} ${text}`);
      }
      assert.equal(await page.evaluate(() => fetch("/v1/deliveries").then((reply) => reply.status)), 421);
    });
  }
})));
