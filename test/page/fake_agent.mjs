// An agent in words: the real agent's page, over a state that the test writes down. For what is
// hard to bring about with a real one; the documents are those of the HTTP API.
import { createServer } from "node:http";
import { withAgent } from "./agent.mjs";

let served = null; // the page and its headers, from the real agent

async function realPage() {
  if (!served) {
    await withAgent([], async (agent) => {
      const reply = await fetch(agent.url + "/", { headers: { Accept: "text/html" } });
      served = { headers: Object.fromEntries(reply.headers), body: Buffer.from(await reply.arrayBuffer()) };
      delete served.headers["content-length"];
      delete served.headers["connection"];
      delete served.headers["keep-alive"];
    });
  }
  return served;
}

export function webhook(key, more = {}) {
  return { key, name: "door-" + key, active: true, state: "serving", reason: null, warnings: [], target: "http://10.0.0.9/open/" + key,
    matched: 5, delivered: 5, failed: 0, suppressed: 0, expired: 0, dropped: 0, pending: 0, dead: 0, oldest_s: null, last_success_s: 40, last_error: null, ...more };
}

export function event(seq, more = {}) {
  return { seq, at: new Date(Date.now() - 1000 * (200 - seq)).toISOString(), age_s: 200 - seq, id: "id-" + seq, type: "face", camera: 3, card: 7, matched: true,
    confidence: 0.93, plate: null, test: false, duplicate: false,
    webhooks: [{ key: "1", name: "door-1", state: "delivered", delivery: seq, attempts: 1, last_status: 200, last_error: "", took_ms: 35 }], ...more };
}

export class FakeAgent {
  constructor() {
    this.status = { access: "full", verdict: "ok", problems: [], host: "board-7", version: "0.1.0", uptime_s: 3600,
      server: { url: "https://findface.example", state: "ok", last_sync: new Date().toISOString(), last_error: null },
      webhooks: [webhook("1"), webhook("2")], queue: { pending: 0, dead: 0, bytes: 4096, max_bytes: 1 << 30, oldest_s: null },
      clock: { synchronized: true }, store: { path: "/var/lib/ffl-agent/agent.db", sync: "full", degraded: false, last_error: null, quarantined: [] },
      config: { path: "/etc/ffl-agent/agent.ini", stale: false, refused_since: null, errors: [], awaiting_restart: [] }, warnings: [] };
    this.skew = 0; // ms that the board's clock is ahead
    this.events = [];
    this.bodies = {}; // seq → the event itself
    this.histories = {}; // "seq/key" → attempts
    this.eventsEnabled = true;
    this.deliveries = [];
    this.token = "";
    this.refusals = {}; // "METHOD /path" → [status, detail]
    this.calls = [];
  }
  async start() {
    const page = await realPage();
    this.server = createServer((incoming, reply) => {
      let body = "";
      incoming.on("data", (part) => { body += part; });
      incoming.on("end", () => this.answer(incoming, body, reply, page));
    });
    await new Promise((resolve) => { this.server.listen(this.port || 0, "127.0.0.1", resolve); });
    this.port = this.server.address().port;
    return this;
  }
  get url() { return `http://127.0.0.1:${this.port}`; }
  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
  answer(incoming, body, reply, page) {
    const url = new URL(incoming.url, this.url);
    const path = decodeURIComponent(url.pathname);
    const call = { method: incoming.method, path, url: incoming.url, query: Object.fromEntries(url.searchParams), body, headers: incoming.headers };
    if (path === "/") {
      reply.writeHead(this.token ? 401 : 200, page.headers).end(page.body);
      return;
    }
    this.calls.push(call);
    const [status, json] = this.token && incoming.headers.authorization !== "Bearer " + this.token
      ? [401, { detail: "missing Authorization header" }] : this.refused(call) || this.route(call);
    reply.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" }).end(JSON.stringify(json));
  }
  refused({ method, path }) {
    const refusal = this.refusals[method + " " + path];
    return refusal && [refusal[0], { title: "refused", status: refusal[0], detail: refusal[1] }];
  }
  route(call) {
    const { method, path, query, body } = call;
    const parts = path.split("/").slice(2);
    if (path === "/v1/status") { return [200, { ...this.status, time: new Date(Date.now() + this.skew).toISOString() }]; }
    if (path === "/v1/events") {
      const chosen = this.events.filter((e) => (!query.camera || String(e.camera) === query.camera) && !(e.refused && (query.camera || query.webhook)));
      const all = chosen.filter((e) => e.seq > Number(query.after || 0)).sort((a, b) => b.seq - a.seq);
      return [200, { events: all.slice(0, Number(query.limit)).map((e) => this.narrowed(e, query.webhook)), last: Math.max(0, ...this.events.map((e) => e.seq)),
        enabled: this.eventsEnabled, more: all.length > Number(query.limit) }];
    }
    if (parts[0] === "events") {
      const found = this.events.find((e) => e.seq === Number(parts[1]));
      return found ? [200, { ...found, event: this.bodies[found.seq] ?? { id: found.id, type: found.type, camera: found.camera },
        webhooks: found.webhooks.map((w) => ({ ...w, history: this.histories[found.seq + "/" + w.key] ?? [] })) }] : [404, { detail: "there is no event " + parts[1] }];
    }
    if (parts[0] === "webhooks" && parts[2] === "test" && method === "POST") {
      const seq = Math.max(0, ...this.events.map((e) => e.seq)) + 1;
      const found = this.status.webhooks.find((w) => w.key === parts[1]);
      if (!found) { return [404, { detail: "there is no webhook " + parts[1] }]; }
      this.events.push(event(seq, { test: true, age_s: 0, webhooks: [{ key: found.key, name: found.name, state: "waiting", delivery: 65536, attempts: 0, next_attempt_s: 0, last_status: null, last_error: "" }] }));
      return [202, { delivery: 65536, seq }];
    }
    if (path === "/v1/sync" && method === "POST") { return [200, { added: ["7"], changed: [], removed: ["8", "9"] }]; }
    if (parts[0] === "deliveries") { return this.deliveryRoute(method, parts, query, body); }
    return [404, { detail: "there is nothing at " + path }];
  }
  /// As the list has it: of one webhook only, and of those without a delivery a hundred.
  narrowed(e, webhook) {
    if (e.refused) { return e; }
    const webhooks = e.webhooks.filter((w) => !webhook || w.key === webhook || w.name === webhook);
    const left = webhooks.filter((w) => !w.delivery).slice(100);
    return { ...e, webhooks: webhooks.filter((w) => !left.includes(w)), ...(left.length > 0 ? { webhooks_left_out: left.length } : {}) };
  }
  chosen({ state, webhook: key }) {
    return this.deliveries.filter((d) => (!state || d.state === state) && (!key || d.webhook === key));
  }
  drop(gone) {
    this.deliveries = this.deliveries.filter((d) => !gone.includes(d));
  }
  deliveryRoute(method, [, id, tail], query, body) {
    if (id === undefined) {
      const rest = this.chosen(query).filter((d) => d.id > Number(query.after || 0));
      const rows = rest.slice(0, Number(query.limit));
      return [200, { deliveries: rows.map(({ event: _, history: __, ...row }) => row), next: rest.length > rows.length ? rows.at(-1).id : null }];
    }
    if (id === "retry" || id === "drop") {
      const rows = this.chosen(JSON.parse(body));
      this.drop(rows);
      return [200, { [id === "retry" ? "retried" : "dropped"]: rows.length }];
    }
    const found = this.deliveries.find((d) => d.id === Number(id));
    if (!found) { return [404, { detail: "there is no delivery " + id + ": it was delivered, was dropped or never existed" }]; }
    if (method === "GET") { return [200, found]; }
    this.drop([found]);
    return [200, { [tail === "retry" ? "retried" : "dropped"]: 1 }];
  }
}

export async function withFake(work, change = () => {}) {
  const fake = new FakeAgent();
  change(fake);
  await fake.start();
  try {
    await work(fake);
  } finally {
    await fake.stop();
  }
}
