// What just happened: the last events, newest first, and what became of each at every webhook.

const kept = 200;
let events = new Map(); // by seq, as the agent last told them
let lastSeq = 0;
let lastWhole = 0; // when the whole list was read
let eventsEnabled = true;
let held = null; // the events that are shown while the list is paused
const opened = new Map(); // seq → the node of its details

const outcomeTones = { delivered: "good", waiting: "warn", suppressed: "warn", dead: "bad", expired: "bad", unsupported: "bad" };
const outcomeWords = { not_matched: "not matched", dead: "dead letter", suppressed: "suppressed by the cooldown", unsupported: "not served" };

function filterText(f) {
  const shown = (value) => value === null || value === undefined ? "nothing" : exactText(value);
  return f.filter + " wants " + shown(f.wanted) + ", found " + shown(f.found) + (f.hint ? " (" + f.hint + ")" : "");
}

function attemptError(w) {
  return w.last_error || (w.last_status ? "status " + w.last_status : "");
}

function nextAttempt(w) {
  return w.next_attempt_at ? [["next in ", counting(w.next_attempt_at)]] : w.next_attempt_at === 0 ? ["next now"] : [];
}

/// What became of an event at one webhook: its state as a word, and the rest of the sentence.
function outcome(w) {
  const word = outcomeWords[w.state] || w.state;
  const more = [];
  if (w.state === "delivered") {
    if (w.took_ms !== null && w.took_ms !== undefined) { more.push("in " + w.took_ms + " ms"); }
    if (w.attempts > 1) { more.push("with attempt " + w.attempts); }
  } else if (w.state === "waiting") {
    more.push(w.attempts > 0 ? "attempt " + w.attempts + " failed: " + attemptError(w) : "for the first attempt");
    if (w.attempts > 0) { more.push(...nextAttempt(w)); }
  } else if (w.state === "not_matched") {
    more.push((w.failed || []).map(filterText).join("; "));
  } else if (w.state === "suppressed") {
    if (w.wait_at) { more.push(["which lasts another ", counting(w.wait_at)]); }
  } else {
    more.push(w.reason || attemptError(w));
  }
  const parts = more.filter((part) => part !== "").map((part, i) => [i > 0 ? ", " : "", part]);
  return [make("span", "state " + (outcomeTones[w.state] || "off"), word), parts.length > 0 ? " " : "", parts];
}

function settled(e) {
  return e.refused || e.webhooks.every((w) => w.state !== "waiting");
}

/// Whether an event has been delivered to the webhook; without one, to any.
function delivered(e, key) {
  return !e.refused && e.webhooks.some((w) => w.state === "delivered" && (!key || w.key === key));
}

function subject(e) {
  const parts = [[e.type, ""], [e.camera, "camera "], [e.card, "card "], [e.plate, "plate "]]
    .filter(([value]) => value !== null && value !== undefined && value !== "").map(([value, label]) => [label, name(String(value))]);
  if (e.matched === false && (e.card === null || e.card === undefined)) { parts.push(["no card"]); }
  if (e.confidence !== null && e.confidence !== undefined) { parts.push(["confidence " + e.confidence]); }
  return parts.length > 0 ? parts : ["an event without type, camera, card or plate"];
}

/// The lines of the row: all webhooks that the event went to; of the others as many as help.
function rowOutcomes(e, key) {
  if (e.refused) {
    return make("span", "outcome", make("span", "state bad", "refused with " + e.refused.status), " " + e.refused.detail,
      e.refused.from ? ", from " + e.refused.from : "", e.refused.times > 1 ? ", " + e.refused.times + " times" : "");
  }
  const line = (w) => make("span", "outcome", key ? "" : [name(w.name || w.key), ": "], outcome(w));
  if (e.duplicate) { return make("span", "outcome", make("span", "state off", "duplicate"), " accepted before, not delivered again"); }
  if (key) { return e.webhooks.filter((w) => w.key === key).map(line); }
  const quiet = (w) => ["not_matched", "inactive", "excluded", "unsupported"].includes(w.state);
  const told = e.webhooks.filter((w) => !quiet(w));
  const rest = e.webhooks.filter(quiet);
  const some = rest.slice(0, told.length === 0 || rest.length <= 2 ? 3 : 0);
  const more = rest.length - some.length + (e.webhooks_left_out || 0);
  return [...told.map(line), ...some.map(line), more > 0 ? make("span", "outcome quiet", (told.length + some.length > 0 ? "and " : "") + more + " more not matched") : null,
    e.webhooks.length === 0 && !more ? make("span", "outcome quiet", "there are no webhooks") : null];
}

function eventRow({ e, key }, isNew) {
  const node = make("li", "card event" + (isNew && lastWhole > 0 && drawn.get(byId("event-list")) ? " fresh" : ""));
  const head = [line("span", "", moment(e.age_at, Date.parse(e.at)), e.test ? make("span", "badge", "test") : null, e.refused ? "a request" : subject(e)),
    rowOutcomes(e, key)];
  if (e.refused) {
    node.append(make("div", "row", head));
    return node;
  }
  const row = make("button", "row", head);
  row.type = "button";
  row.dataset.name = "row";
  row.addEventListener("click", () => { toggle(e.seq, node, row); });
  row.setAttribute("aria-expanded", opened.has(e.seq) ? "true" : "false");
  node.append(row);
  if (opened.has(e.seq)) {
    node.append(opened.get(e.seq));
    fill(e.seq);
  }
  return node;
}

function toggle(seq, node, row) {
  if (opened.has(seq)) {
    opened.get(seq).remove();
    opened.delete(seq);
  } else {
    opened.set(seq, make("div", "details", make("p", "quiet", "Asking the agent…")));
    node.append(opened.get(seq));
    fill(seq);
  }
  row.setAttribute("aria-expanded", opened.has(seq) ? "true" : "false");
}

function historyLine(h) {
  return make("li", "", h.age_at ? moment(h.age_at) : h.at ? clock(Date.parse(h.at)) : "", " ",
    h.status ? "status " + h.status : "", h.error ? (h.status ? ", " : "") + h.error : "",
    h.took_ms !== null && h.took_ms !== undefined ? ", " + h.took_ms + " ms" : "");
}

function outcomeDetails(w) {
  const node = make("li", "", make("p", "", name(w.name || w.key), ": ", outcome(w)));
  if (w.history && w.history.length > 0) { node.append(make("ol", "history quiet", w.history.map(historyLine))); }
  if (access === "full" && w.delivery && (w.state === "waiting" || w.state === "dead")) {
    node.append(make("div", "tools", button("Delivery " + shownId(w.delivery), "", () => openDelivery(w))));
  }
  return node;
}

async function fill(seq) {
  const box = opened.get(seq);
  try {
    const text = await callText("GET", "v1/events/" + seq);
    const e = anchored(parsed(text), null, Date.now());
    const event = memberText(text, "event");
    box.replaceChildren(
      pairs([["id", e.id], ["type", e.type], ["camera", e.camera], ["card", e.card], ["plate", e.plate], ["confidence", e.confidence],
        ["accepted", moment(e.age_at, Date.parse(e.at))]].map(([what, value]) => [what, typeof value === "number" ? String(value) : value])),
      make("ul", "outcomes", e.webhooks.map(outcomeDetails)),
      make("div", "tools", button("Explain it now", "", () => { useEvent(event); go("try"); explainText(); })),
      pretty(event));
  } catch (error) {
    box.replaceChildren(failure(error));
  }
}

/// What the agent is asked for; it has looked at more events than it sends.
function eventQuery() {
  const query = new URLSearchParams({ limit: kept });
  const camera = byId("camera").value.trim();
  if (camera) { query.set("camera", camera); }
  if (byId("event-webhook").value) { query.set("webhook", byId("event-webhook").value); }
  return query;
}

function drawEvents() {
  const camera = byId("camera").value.trim();
  const key = byId("event-webhook").value;
  const wanted = byId("outcome").value;
  const all = held || [...events.values()];
  const shown = all.filter((e) => (!key || (!e.refused && e.webhooks.some((w) => w.key === key)))
    && (!wanted || delivered(e, key) === (wanted === "delivered")));
  draw(byId("event-list"), shown.map((e) => ({ e, key })), ({ e }) => e.seq, eventRow);
  const newer = held ? [...events.values()].filter((e) => held.length === 0 || e.seq > held[0].seq).length : 0;
  const narrowed = camera || key || wanted;
  const number = shown.length + (shown.length === 1 ? " event" : " events");
  const count = !eventsEnabled ? "This agent remembers no events ([ingest] event_list = 0)."
    : narrowed ? number + " as chosen above" : shown.length === 0 ? "No event since the agent started." : "the last " + number;
  setText(byId("event-count"), count + (held ? ", paused" + (newer > 0 ? ": " + newer + " newer" : "") : ""));
  if (document.activeElement !== byId("pick")) {
    choices(byId("pick"), [["", "choose…"], ...all.filter((e) => !e.refused).slice(0, 50).map((e) => [String(e.seq), printable([clock(Date.parse(e.at)), e.type,
      e.camera === null || e.camera === undefined ? "" : "camera " + e.camera, e.plate || e.id || ""].filter(Boolean).join(" "))])]);
  }
}

/// The agent was started again: its numbers begin anew.
function forgetEvents() {
  events = new Map();
  lastWhole = lastSeq = 0;
}

/// New events, and those that began to wait lately, come with each poll; all of them now and then.
async function readEvents() {
  const now = Date.now();
  const open = [...events.values()].filter((e) => !settled(e));
  const whole = lastWhole === 0 || (open.length > 0 && now - lastWhole > 20000) || now - lastWhole > 60000;
  const after = Math.min(lastSeq, ...open.filter((e) => now - e.age_at < 30000).map((e) => e.seq - 1));
  const query = eventQuery();
  const asked = String(query);
  if (!whole) { query.set("after", after); }
  const answer = await call("GET", "v1/events?" + query);
  if (asked !== String(eventQuery())) { return; } // chosen anew meanwhile
  if (answer.last < lastSeq) {
    forgetEvents();
    return readEvents();
  }
  eventsEnabled = answer.enabled;
  lastSeq = answer.last;
  const fresh = answer.events.map((e) => anchored(e, events.get(e.seq), now));
  const all = [...fresh, ...(whole ? [] : events.values())];
  all.sort((a, b) => b.seq - a.seq); // stable: what has just been read stays first
  const known = new Set();
  events = new Map();
  for (const e of all) {
    // A request that is refused again is the same entry with a higher number.
    const id = e.refused ? JSON.stringify([e.refused.status, e.refused.detail, e.refused.from]) : e.seq;
    if (!known.has(id) && events.size < kept) { events.set(e.seq, e); }
    known.add(id);
  }
  for (const seq of opened.keys()) { if (!events.has(seq)) { opened.delete(seq); } }
  drawEvents();
  if (whole) { lastWhole = now; }
}

function pause(on) {
  held = on ? [...events.values()] : null;
  byId("pause").setAttribute("aria-pressed", on ? "true" : "false");
  setText(byId("pause"), on ? "Go on" : "Pause");
  drawEvents();
}

function chooseEvents() {
  forgetEvents();
  pause(false);
  poll();
}

byId("camera").addEventListener("input", chooseEvents);
byId("event-webhook").addEventListener("change", chooseEvents);
byId("outcome").addEventListener("change", drawEvents);
byId("pause").addEventListener("click", () => pause(held === null));
