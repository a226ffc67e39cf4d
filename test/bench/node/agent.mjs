// An agent as a good Node.js developer would write it, to be measured beside ffl-agent
// (scripts/bench.sh --against): events over HTTP, filters, SQLite with group commit and an fsync
// before each 202, 16 keep-alive workers, backoff, delivered rows deleted. It keeps the same promise:
// what was answered 202 is on the disk and is posted until a 2xx, fresh before backlog. It does less:
// no duplicates, limits, dead letters, server, signatures, page, metrics, salvage.
//   node agent.mjs CONFIG.json     {"queue": FILE, "webhooks": [{"name", "target", "filters"}], "commit_window_ms"}
// FFL_MODULES: the folder that has node_modules. It prints address=127.0.0.1:PORT.
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.resolve(process.env.FFL_MODULES ?? ".", "any.cjs"));
const Database = require("better-sqlite3");
const { Pool } = require("undici");

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));
const workers = 16;
const mostFresh = 10_000; // in memory, of a webhook; what does not fit is read back from the disk
const readAtOnce = 1_000;
const shortestPause = 1_000;
const longestPause = 100_000;

const db = new Database(config.queue);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`CREATE TABLE IF NOT EXISTS delivery(id INTEGER PRIMARY KEY, webhook TEXT NOT NULL,
           attempts INTEGER NOT NULL, due INTEGER NOT NULL, body BLOB NOT NULL);
         CREATE INDEX IF NOT EXISTS delivery_due ON delivery(webhook, due)`);
const insert = db.prepare("INSERT INTO delivery(webhook, attempts, due, body) VALUES(?, 0, 0, ?)");
const remove = db.prepare("DELETE FROM delivery WHERE id = ?");
const postpone = db.prepare("UPDATE delivery SET attempts = ?, due = ? WHERE id = ?");
const readDue = db.prepare(
  "SELECT id, attempts, body FROM delivery WHERE webhook = ? AND due <= ? ORDER BY due, id LIMIT ?");
const nextDue = db.prepare("SELECT min(due) AS due FROM delivery WHERE webhook = ? AND due > ?");
const count = db.prepare("SELECT count(*) AS pending FROM delivery");
const write = db.transaction((requests, gone, later) => {
  for (const { deliveries } of requests) {
    for (const delivery of deliveries) {
      delivery.id = insert.run(delivery.lane.name, delivery.body).lastInsertRowid;
    }
  }
  for (const { id } of gone) remove.run(id);
  for (const { id, attempts, due } of later) postpone.run(attempts, due, id);
});

const lanes = config.webhooks.map((webhook) => {
  const url = new URL(webhook.target);
  return {
    name: webhook.name,
    filters: webhook.filters ?? {},
    path: url.pathname + url.search,
    pool: new Pool(url.origin, { connections: workers, headersTimeout: 10_000, bodyTimeout: 10_000 }),
    fresh: [],
    backlog: [],
    held: new Set(), // ids that are in memory or in flight, or whose outcome is not written yet
    lookAt: 0, // when the disk has something for this lane that is not held
    pausedUntil: 0, // its target could not be reached
    pause: 0,
    inFlight: 0,
    timer: undefined,
  };
});
let inFlight = 0;

// Group commit: all that came while the last one ran shares one transaction and one fsync.
let waiting = []; // {deliveries: [{lane, body, id}], answer}
let finished = []; // {lane, id}
let postponed = []; // {lane, id, attempts, due}
let commitTimer;
let outcomeTimer;

function commitSoon() {
  commitTimer ??= config.commit_window_ms > 0 ? setTimeout(flush, config.commit_window_ms) : setImmediate(flush);
}

// Outcomes ride along with the next commit, and wait a second for it at most.
function outcome(list, one) {
  list.push(one);
  outcomeTimer ??= setTimeout(flush, 1_000);
}

function flush() {
  clearTimeout(outcomeTimer);
  commitTimer = outcomeTimer = undefined;
  const [requests, gone, later] = [waiting, finished, postponed];
  [waiting, finished, postponed] = [[], [], []];
  if (requests.length + gone.length + later.length === 0) return;
  try {
    write.immediate(requests, gone, later);
  } catch (error) {
    console.error(`cannot write: ${error.message}`);
    for (const { answer } of requests) answer(503, { detail: "cannot write" });
    for (const one of gone) outcome(finished, one);
    for (const one of later) outcome(postponed, one);
    return;
  }
  for (const { lane, id } of gone) lane.held.delete(id);
  for (const { lane, id, due } of later) {
    lane.held.delete(id);
    lane.lookAt = Math.min(lane.lookAt, due);
  }
  for (const { deliveries, accepted, answer } of requests) {
    answer(202, { accepted, deliveries: deliveries.length });
    for (const delivery of deliveries) offer(delivery);
  }
  pump();
}

function offer({ lane, id, body }) {
  if (lane.pause > 0 || lane.fresh.length >= mostFresh) {
    lane.lookAt = Math.min(lane.lookAt, lane.pausedUntil);
    return;
  }
  lane.held.add(id);
  lane.fresh.push({ id, body, attempts: 0 });
}

function readBacklog(lane) {
  const limit = readAtOnce + lane.held.size;
  const now = Date.now();
  const rows = readDue.all(lane.name, now, limit);
  for (const row of rows) {
    if (lane.held.has(row.id)) continue;
    lane.held.add(row.id);
    lane.backlog.push(row);
  }
  lane.lookAt = rows.length === limit ? 0 : (nextDue.get(lane.name, now).due ?? Infinity);
}

function next(lane) {
  if (lane.fresh.length === 0 && lane.backlog.length === 0 && lane.lookAt <= Date.now()) readBacklog(lane);
  return lane.fresh.shift() ?? lane.backlog.shift();
}

// After a pause one attempt goes first, until the target answers.
function mayStart(lane) {
  return inFlight < workers && lane.pausedUntil <= Date.now() && (lane.pause === 0 || lane.inFlight === 0);
}

function pump() {
  for (let started = true; started; ) {
    started = false;
    for (const lane of lanes) {
      const delivery = mayStart(lane) ? next(lane) : undefined;
      if (delivery) {
        started = true;
        attempt(lane, delivery);
      }
    }
  }
  for (const lane of lanes) wakeLater(lane);
}

function wakeLater(lane) {
  clearTimeout(lane.timer);
  const at = Math.max(lane.lookAt, lane.pausedUntil);
  lane.timer = at !== Infinity && at > Date.now() ? setTimeout(pump, at - Date.now()) : undefined;
}

async function attempt(lane, delivery) {
  lane.inFlight++;
  inFlight++;
  let status = 0;
  try {
    const answer = await lane.pool.request({
      path: lane.path,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "node-agent",
        "webhook-id": `msg_${delivery.id}`,
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "ffl-attempt": String(delivery.attempts + 1),
      },
      body: delivery.body,
    });
    status = answer.statusCode;
    await answer.body.dump();
  } catch {
    // No answer: status stays 0.
  }
  lane.inFlight--;
  inFlight--;
  const backoff = (times) => Math.min(longestPause, shortestPause * 2 ** times) * (0.5 + Math.random() / 2);
  if (status >= 200 && status < 300) {
    outcome(finished, { lane, id: delivery.id });
  } else {
    const attempts = delivery.attempts + 1;
    outcome(postponed, { lane, id: delivery.id, attempts, due: Math.round(Date.now() + backoff(delivery.attempts)) });
  }
  if (status === 0) {
    stopLane(lane, backoff);
  } else {
    lane.pause = 0;
  }
  pump();
}

// What waits in memory for a target that is down goes on waiting on the disk, where it is already.
function stopLane(lane, backoff) {
  if (lane.pausedUntil > Date.now()) return;
  lane.pausedUntil = Date.now() + backoff(lane.pause++);
  for (const { id } of [...lane.fresh, ...lane.backlog]) lane.held.delete(id);
  lane.fresh = [];
  lane.backlog = [];
  lane.lookAt = 0;
}

function matches(filters, event) {
  const among = (list, value) => list === undefined || [].concat(list).includes(value);
  return among(filters.type_in, event.type) && among(filters.camera_in, event.camera) &&
    (filters.matched === undefined || filters.matched === event.matched);
}

function eventsIn(request, body) {
  if (request.headers["content-type"] !== "application/x-ndjson") return [body];
  const lines = [];
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(10, at);
    const stop = end < 0 ? body.length : end;
    if (stop > at) lines.push(body.subarray(at, stop));
    at = stop + 1;
  }
  return lines;
}

function ingest(request, body, answer) {
  const deliveries = [];
  let events;
  try {
    events = eventsIn(request, body);
    for (const text of events) {
      const event = JSON.parse(text);
      for (const lane of lanes) {
        if (matches(lane.filters, event)) deliveries.push({ lane, body: text, id: 0 });
      }
    }
  } catch (error) {
    answer(400, { detail: error.message });
    return;
  }
  if (deliveries.length === 0) {
    answer(202, { accepted: events.length, deliveries: 0 });
    return;
  }
  waiting.push({ deliveries, accepted: events.length, answer });
  commitSoon();
}

const server = http.createServer((request, response) => {
  const answer = (status, json) => {
    const text = JSON.stringify(json);
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  };
  if (request.method === "POST" && request.url === "/v1/events") {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => ingest(request, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), answer));
  } else if (request.url === "/v1/status") {
    answer(200, { queue: count.get() });
  } else if (request.url === "/readyz") {
    answer(200, {});
  } else {
    answer(404, {});
  }
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  console.error(`listening address=127.0.0.1:${server.address().port}`);
  pump();
});

process.on("SIGTERM", () => {
  flush();
  db.close();
  process.exit(0);
});
