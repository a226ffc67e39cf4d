// What is wrong, first; then the webhooks, failing ones on top; then the board.

let lastStatus = {};
const tones = { ok: "good", warn: "warn", fail: "bad" };
const verdicts = { ok: "everything works", warn: "works, with warnings", fail: "something fails" };
const levels = { warn: "Warning", fail: "Fails" };

function setVerdict(tone, text) {
  const node = byId("verdict");
  if (node.dataset.tone !== tone) {
    node.dataset.tone = tone;
    node.className = "state " + tone;
  }
  setText(node, text);
  document.title = byId("host").textContent + ": " + text + " – ffl-agent";
}

function problem(p) {
  const about = p.webhook ? lastStatus.webhooks.find((w) => w.key === p.webhook) : null;
  const node = make("li", "card problem" + (p.level === "fail" ? " failing" : ""),
    make("div", "head", make("span", "state " + tones[p.level], levels[p.level] || p.level),
      p.since_at === null || p.since_at === undefined ? null : make("span", "quiet", "since ", moment(p.since_at))),
    make("p", "", withCommands(p.what)), p.fix ? make("p", "quiet", "To do: ", withCommands(p.fix)) : null);
  if (about) { node.append(make("div", "tools", webhookButtons(about))); }
  return node;
}

function toneOf(w, problems) {
  const own = problems.filter((p) => p.webhook === w.key).map((p) => p.level);
  if (own.includes("fail") || w.state === "unsupported" || (w.state === "serving" && w.last_error)) { return "bad"; }
  if (own.includes("warn") || w.warnings.length > 0 || w.dead > 0) { return "warn"; }
  return w.state === "serving" ? "good" : "off";
}

function stateOf(w, tone) {
  if (w.state !== "serving") { return w.state === "unsupported" ? "not served" : w.state; }
  return tone === "bad" ? "failing" : tone === "warn" ? "look at it" : w.delivered > 0 ? "delivering" : "ready";
}

function webhookButtons(w) {
  return [
    button("Events", w.name || w.key, () => { byId("event-webhook").value = w.key; forgetEvents(); pause(false); go("events"); }),
    button("Test", w.name || w.key, () => { byId("test-webhook").value = w.key; go("try"); byId("test-webhook").focus(); }),
    w.pending + w.dead > 0 ? button("Queue", w.name || w.key, () => {
      byId("queue-webhook").value = w.key;
      byId("queue-state").value = w.dead > 0 ? "dead" : "pending";
      go("queue");
      listDeliveries();
    }) : null,
  ];
}

function webhookCard({ w, tone, since }) {
  const counts = [[w.delivered, "delivered"], [w.pending, "waiting"], [w.dead, w.dead === 1 ? "dead letter" : "dead letters"],
    [w.failed, w.failed === 1 ? "failed attempt" : "failed attempts"], [w.suppressed, "suppressed"], [w.expired, "expired"],
    [w.dropped, "dropped"], [w.matched, "matched"]].filter(([value]) => value > 0).map((pair) => pair.join(" "));
  return make("article", "card tone-" + tone,
    make("div", "head", make("h3", "", name(w.name)), make("span", "state " + tone, stateOf(w, tone))),
    make("p", "quiet", w.key, w.target ? [" → ", make("bdi", "", w.target)] : null),
    w.reason ? make("p", w.state === "unsupported" ? "bad" : "quiet", w.reason) : null,
    w.last_error ? make("p", "bad", "Last error: " + w.last_error, since ? [" (since ", moment(since), ")"] : null) : null,
    w.warnings.map((warning) => make("p", "warn", warning)),
    w.last_success_at ? make("p", "", "Last success: ", moment(w.last_success_at))
      : w.state === "serving" ? make("p", "quiet", "No success yet since the agent started.") : null,
    w.waits_for ? make("p", "", w.waits_for) : null,
    w.oldest_at ? make("p", "warn", "The oldest delivery has waited for ", counting(w.oldest_at), ".") : null,
    line("p", "quiet", counts), make("div", "tools", webhookButtons(w)));
}

function found(w, words) {
  const text = (w.name + " " + w.key + " " + (w.target || "")).toLowerCase();
  return words.every((word) => text.includes(word));
}

function drawWebhooks() {
  const problems = lastStatus.problems;
  const order = { bad: 0, warn: 1, good: 2, off: 3 };
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = byId("only-failing").checked;
  const all = lastStatus.webhooks.map((w) => {
    const own = problems.find((p) => p.webhook === w.key && p.since_at);
    return { w, tone: toneOf(w, problems), since: w.failing_at || (own ? own.since_at : null) };
  });
  const failing = all.filter(({ tone }) => tone === "bad").length;
  const shown = all.filter(({ w, tone }) => found(w, words) && (!only || tone === "bad")).sort((a, b) => order[a.tone] - order[b.tone]);
  const bad = shown.filter(({ tone }) => tone === "bad" || tone === "warn");
  const fine = shown.filter(({ tone }) => tone === "good" || tone === "off");
  draw(byId("failing"), bad, ({ w }) => w.key, webhookCard);
  draw(byId("fine-list"), fine, ({ w }) => w.key, webhookCard);
  byId("fine").hidden = fine.length === 0;
  setText(byId("fine-title"), fine.length + (bad.length > 0 ? " more without a problem" : " without a problem"));
  if (words.length > 0 && fine.length > 0 && fine.length <= 10) { byId("fine").open = true; }
  const narrowed = words.length > 0 || only ? shown.length + " of " + all.length + " shown, " : "";
  setText(byId("webhook-count"), all.length === 0 ? "There are no webhooks." : narrowed + failing + " of " + all.length + " failing");
}

function fact(title, tone, state, list) {
  return make("div", "", make("div", "head", make("h3", "", title), make("span", "state " + tone, state)), pairs(list));
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let n = bytes, unit = 0;
  while (n >= 1024 && unit + 1 < units.length) { n /= 1024; unit += 1; }
  return (unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + " " + units[unit];
}

let synced = ""; // what the last reading of the definitions changed

async function syncNow() {
  try {
    const { added, changed, removed } = await call("POST", "v1/sync");
    synced = added.length + " added, " + changed.length + " changed, " + removed.length + " removed";
  } catch (error) {
    synced = failure(error).textContent;
  }
  poll();
}

function facts(s) {
  const server = { ok: "good", failing: "bad", starting: "warn" }[s.server.state] || "off";
  const config = s.config;
  const stale = config.errors.length > 0 ? ["bad", "the file on disk is not the one in use"]
    : config.stale ? ["warn", "waits for a restart"] : s.warnings.length > 0 ? ["warn", "see the warnings"] : ["good", "ok"];
  return make("div", "stack",
    fact("FindFace Lite server", server, s.server.state, [["URL", s.server.url],
      ["last fetch", s.server.url ? s.server.last_sync ? clock(Date.parse(s.server.last_sync)) : "never" : null], ["last error", s.server.last_error]]),
    s.access === "full" ? make("div", "tools", button("Read the webhooks now", "", syncNow)) : null,
    make("p", "quiet", s.synced),
    fact("Queue", s.queue.dead > 0 ? "warn" : "good", s.queue.pending + " waiting, " + s.queue.dead + " dead", [
      ["oldest", s.queue.oldest_at ? counting(s.queue.oldest_at) : null], ["size", size(s.queue.bytes) + " of " + size(s.queue.max_bytes)]]),
    fact("Database", s.store.degraded ? "bad" : s.store.quarantined.length > 0 ? "warn" : "good", s.store.degraded ? "cannot be written" : "ok", [
      ["last error", s.store.last_error], ["file", s.store.path], ["sync", s.store.sync], ["set aside as damaged", s.store.quarantined.join(", ")]]),
    fact("Configuration", ...stale, [["file", config.path], ["refused since", config.refused_since ? clock(Date.parse(config.refused_since)) : null],
      ["errors", config.errors.join("; ")], ["changed, not in use", config.awaiting_restart.join(", ")], ["warnings", s.warnings.join("; ")]]),
    fact("Clock", s.clock.synchronized ? "good" : "warn", s.clock.synchronized ? "synchronised" : "not synchronised", []));
}

/// The board's time beside this device's: an event's time is of use only to who knows both.
function drawClock(s, asked, answered) {
  const off = Math.round((Date.parse(s.time) - (asked + answered) / 2) / 1000);
  const far = Math.abs(off) > 2;
  byId("skew").hidden = !far;
  setText(byId("skew"), far ? "The board's clock is " + span(Math.abs(off)) + (off < 0 ? " behind" : " ahead of") +
    " this device's. Times of events are the board's." : "");
  setText(byId("about"), "ffl-agent " + printable(s.version) + " · up " + span((answered - s.uptime_at) / 1000) + " · board time " +
    clock(Date.parse(s.time)) + (far ? ", here " + clock(answered) : ", as here"));
}

async function readStatus() {
  const asked = Date.now();
  const s = anchored(await call("GET", "v1/status"), lastStatus, Date.now());
  if (lastStatus.uptime_at && lastStatus.uptime_at !== s.uptime_at) { forgetEvents(); }
  lastStatus = s;
  access = s.access || "read";
  setText(byId("host"), printable(s.host));
  setVerdict(tones[s.verdict] || "off", verdicts[s.verdict] || printable(s.verdict));
  setText(byId("summary"), printable(s.summary || ""));
  drawClock(s, asked, Date.now());
  const problems = s.problems.length > 0 ? s.problems.map((p, i) => ({ ...p, id: s.problems.slice(0, i).filter((q) => q.fix === p.fix).length + p.fix,
    buttons: s.webhooks.some((w) => w.key === p.webhook) })) : [{ level: "none", id: "" }];
  draw(byId("problems"), problems, (p) => p.id, // what is wrong may have a count or an age in it
    (p) => p.level === "none" ? make("li", "card allgood", make("p", "state good", "Nothing that the agent knows of.")) : problem(p));
  drawWebhooks();
  drawOne(byId("facts"), { access, synced, server: s.server, queue: s.queue, store: s.store, clock: s.clock, config: s.config, warnings: s.warnings }, facts);
  const webhooks = s.webhooks.map((w) => [w.key, printable(w.name || w.key)]);
  choices(byId("event-webhook"), [["", "all"], ...webhooks]);
  choices(byId("queue-webhook"), [["", "all"], ...webhooks]);
  choices(byId("test-webhook"), webhooks);
  setText(byId("queue-count"), s.queue.dead + s.queue.pending > 0 ? " (" + (s.queue.dead + s.queue.pending) + ")" : "");
}

byId("search").addEventListener("input", drawWebhooks);
byId("only-failing").addEventListener("change", drawWebhooks);
