// The agent as a process, with a target of its own; for the tests of the page.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./browser.mjs";

/// Receives callbacks. `answer` decides the status by the path of the request.
export class Target {
  constructor(answer = () => 200) {
    this.answer = answer;
    this.seen = [];
    this.server = createServer((incoming, reply) => {
      let body = "";
      incoming.on("data", (part) => { body += part; });
      incoming.on("end", () => {
        this.seen.push({ path: incoming.url, headers: incoming.headers, body });
        reply.writeHead(this.answer(incoming.url)).end();
      });
    });
  }
  async start() {
    await new Promise((resolve) => { this.server.listen(0, "127.0.0.1", resolve); });
    return this;
  }
  url(path) { return `http://127.0.0.1:${this.server.address().port}${path}`; }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export class Agent {
  constructor(webhooks, { token = "", sections = "" } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "ffl-page-"));
    writeFileSync(join(this.folder, "webhooks.json"), JSON.stringify(webhooks));
    writeFileSync(join(this.folder, "token"), token + "\n");
    this.token = token;
    this.sections = sections;
    this.port = 0;
  }
  async start() {
    writeFileSync(join(this.folder, "agent.ini"), `[webhooks]
file = webhooks.json
[ingest]
listen = 127.0.0.1:${this.port}
socket = agent.sock
${this.token ? "token_file = token" : ""}
[queue]
path = agent.db
min_free = 1MiB
${this.sections}
`);
    this.log = "";
    this.process = spawn(process.env.FFL_BINARY, ["run", "--config", join(this.folder, "agent.ini")], { stdio: ["ignore", "ignore", "pipe"] });
    this.ended = new Promise((resolve) => { this.process.on("exit", resolve); });
    this.process.stderr.on("data", (part) => { this.log += part; });
    const line = await until(() => this.process.exitCode === null ? this.log.match(/address=127\.0\.0\.1:(\d+)\s[^]*socket=/) : [this.log], "the agent to listen");
    if (!line[1]) { throw new Error("the agent does not start: " + line[0]); }
    this.port = Number(line[1]);
    return this;
  }
  get url() { return `http://127.0.0.1:${this.port}`; }
  async stop() {
    this.process.kill("SIGKILL");
    await this.ended;
  }
  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
  /// Over the socket, which may do everything.
  call(method, path, body, headers = {}) {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: join(this.folder, "agent.sock"), method, path, headers: { Host: "localhost", ...headers } }, (reply) => {
        let text = "";
        reply.on("data", (part) => { text += part; });
        reply.on("end", () => resolve({ status: reply.statusCode, headers: reply.headers, text,
          json: /json/.test(reply.headers["content-type"] || "") ? JSON.parse(text) : null }));
      });
      asked.on("error", reject);
      asked.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
    });
  }
  send(event) { return this.call("POST", "/v1/events", event, { "Content-Type": "application/json" }); }
}

export async function withAgent(webhooks, work, options) {
  const agent = await new Agent(webhooks, options).start();
  try {
    await work(agent);
  } finally {
    await agent.remove();
  }
}
