#!/usr/bin/env node
// Receives ffl-agent's callbacks: verifies the signature (Standard Webhooks 1.0), handles each
// delivery once, and answers 204 when that is done. Node 18.3 or later, no modules.
//
//   node receiver.mjs --secret-file secrets --listen 127.0.0.1:9000
//
// secrets is the file of the agent's signing_secret_file: whsec_ lines, of which one must have
// signed; it is read again when it changes. The webhook-ids are remembered in memory: after a
// restart, a delivery whose answer got lost is handled once more. Replace handle().
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";
import { parseArgs } from "node:util";

const toleranceS = 5 * 60; // between the agent's clock and this one
const mostBytes = 8 << 20;
const remembered = 100_000; // webhook-ids

/// Here goes what a callback is for. If it throws, the answer is 500 and the agent tries again.
/// JSON.parse() rounds ids beyond 2^53: take those from the text.
async function handle(event, headers) {
  console.log(`event ${JSON.stringify(event)}${headers["ffl-test"] === "1" ? " (a test)" : ""}`);
}

class Secrets {
  constructor(path) {
    this.path = path;
    this.keys = [];
    this.stamp = "";
    this.current();
  }
  /// The keys, read again when the file has changed. A bad file leaves the last good ones.
  current() {
    try {
      const { mtimeMs, size, ino } = statSync(this.path);
      if (`${mtimeMs} ${size} ${ino}` !== this.stamp) {
        const lines = readFileSync(this.path, "ascii").split("\n").map((line) => line.trim()).filter(Boolean);
        if (lines.length === 0 || !lines.every((line) => /^whsec_[A-Za-z0-9+/]+=*$/.test(line))) {
          throw new Error("expected lines of whsec_ and base64");
        }
        this.keys = lines.map((line) => Buffer.from(line.slice("whsec_".length), "base64"));
        this.stamp = `${mtimeMs} ${size} ${ino}`;
      }
    } catch (error) {
      if (this.keys.length === 0) { throw error; }
      console.error(`receiver: ${this.path}: ${error.message}`);
    }
    return this.keys;
  }
}

/// Why it is not from the agent; empty: it is.
export function forgery(keys, headers, body, nowS = Date.now() / 1000) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (!id || !/^\d{1,12}$/.test(timestamp ?? "")) {
    return "webhook-id or webhook-timestamp is missing";
  }
  const wanted = keys.map((key) => createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest());
  let good = false;
  for (const signature of (headers["webhook-signature"] ?? "").split(" ").slice(0, 16)) {
    const [version, value = ""] = signature.split(",");
    const found = Buffer.from(value, "base64");
    for (const one of wanted) {
      const same = version === "v1" && found.length === one.length && timingSafeEqual(found, one);
      good = same || good;
    }
  }
  if (!good) {
    return "no signature fits";
  }
  return Math.abs(nowS - Number(timestamp)) > toleranceS
    ? "webhook-timestamp is more than five minutes away from this clock" : "";
}

/// The webhook-ids of what was handled or is in hand, oldest first.
class Seen {
  done = new Map(); // id -> the promise of its work
  /// True: `work` was done for it now; a repetition waits for the first and is not done again.
  async once(id, work) {
    const first = this.done.get(id);
    if (first) {
      await first;
      return false;
    }
    const promise = work();
    this.done.set(id, promise);
    try {
      await promise;
    } catch (error) {
      this.done.delete(id);
      throw error;
    }
    for (const oldest of this.done.keys()) {
      if (this.done.size <= remembered) { break; }
      this.done.delete(oldest);
    }
    return true;
  }
}

async function read(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > mostBytes) { return null; }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function answer(request, secrets, seen) {
  if (request.method !== "POST") { return [405, "callbacks come with POST"]; }
  const body = await read(request);
  if (body === null) { return [413, "too large"]; }
  const fault = forgery(secrets.current(), request.headers, body);
  if (fault) { return [401, fault]; }
  const id = request.headers["webhook-id"];
  const isNew = await seen.once(id, async () => handle(JSON.parse(body.toString("utf8")), request.headers));
  if (!isNew) { console.log(`repeated ${id}`); }
  return [204, ""];
}

const { values } = parseArgs({ options: {
  "secret-file": { type: "string" }, listen: { type: "string", default: "127.0.0.1:9000" } } });
if (!values["secret-file"]) {
  console.error("receiver.mjs: --secret-file FILE is needed");
  process.exit(64);
}
const secrets = new Secrets(values["secret-file"]);
const seen = new Seen();
const server = createServer(async (request, reply) => {
  let [status, why] = [500, ""];
  try {
    [status, why] = await answer(request, secrets, seen);
  } catch (error) {
    why = String(error.message);
  }
  if (status >= 400) { console.error(`receiver: ${status} ${why}`); }
  if (status === 413) { reply.setHeader("Connection", "close"); }
  reply.writeHead(status).end(status === 204 ? undefined : why);
});
server.keepAliveTimeout = 60_000; // announced in Keep-Alive: the agent uses connections again
const colon = values.listen.lastIndexOf(":");
const host = values.listen.slice(0, colon);
server.listen(Number(values.listen.slice(colon + 1)), host.replace(/^\[|\]$/g, ""), () => {
  console.log(`listening on http://${host}:${server.address().port}/`);
});
