// Dead letters and waiting deliveries: look into them, retry and drop them.

const page = 50;
let deliveries = [];
let nextAfter = null;
let listed = ""; // what the list was read for; read anew when the counts have changed
const openDeliveries = new Map(); // id → the node of its details

function selection() {
  const body = { state: byId("queue-state").value };
  if (byId("queue-webhook").value) { body.webhook = byId("queue-webhook").value; }
  return body;
}

/// How many deliveries the selection has, as the last status counted them.
function selected() {
  const { state, webhook } = selection();
  const of = webhook ? lastStatus.webhooks.find((w) => w.key === webhook) || {} : lastStatus.queue;
  return of[state] || 0;
}

async function listDeliveries(after) {
  const query = new URLSearchParams({ ...selection(), limit: page });
  if (after) { query.set("after", after); }
  try {
    const answer = await call("GET", "v1/deliveries?" + query);
    const before = new Map(deliveries.map((d) => [d.id, d]));
    const fresh = answer.deliveries.map((d) => anchored(d, before.get(d.id), Date.now()));
    deliveries = after ? [...deliveries, ...fresh] : fresh;
    nextAfter = answer.next;
    byId("queue-error").hidden = true;
    for (const id of openDeliveries.keys()) { if (!deliveries.some((d) => d.id === id)) { openDeliveries.delete(id); } }
    drawDeliveries();
  } catch (error) {
    explainFailure(error, byId("queue-error"));
  }
}

function deliveryRow(d) {
  const node = make("li", "card event");
  const dead = d.state === "dead";
  const row = make("button", "row",
    line("span", "", make("span", "state " + (dead ? "bad" : d.attempts > 0 ? "warn" : "off"), dead ? "dead letter" : "waiting"),
      name(d.name || d.webhook), moment(d.age_at)),
    make("span", "quiet", "delivery " + shownId(d.id) + ", event ", name(d.event_id, "without id"), ", " + d.attempts + (d.attempts === 1 ? " attempt" : " attempts"),
      dead ? null : nextAttempt(d).map((part) => [", ", part])),
    attemptError(d) ? make("span", "bad", attemptError(d)) : null);
  row.type = "button";
  row.dataset.name = "row";
  row.setAttribute("aria-expanded", openDeliveries.has(d.id) ? "true" : "false");
  row.addEventListener("click", () => toggleDelivery(d.id, node, row));
  node.append(row);
  if (openDeliveries.has(d.id)) {
    node.append(openDeliveries.get(d.id));
    fillDelivery(d.id);
  }
  return node;
}

function toggleDelivery(id, node, row) {
  if (openDeliveries.has(id)) {
    openDeliveries.get(id).remove();
    openDeliveries.delete(id);
  } else {
    openDeliveries.set(id, make("div", "details", make("p", "quiet", "Asking the agent…")));
    node.append(openDeliveries.get(id));
    fillDelivery(id);
  }
  row.setAttribute("aria-expanded", openDeliveries.has(id) ? "true" : "false");
}

async function fillDelivery(id) {
  const box = openDeliveries.get(id);
  try {
    const text = await callText("GET", "v1/deliveries/" + id);
    const d = anchored(parsed(text), null, Date.now());
    const event = memberText(text, "event");
    box.replaceChildren(
      make("h3", "", "Attempts"),
      d.history.length > 0 ? make("ol", "history", d.history.map(historyLine)) : make("p", "quiet", "None yet."),
      make("div", "tools",
        button("Retry", "delivery " + shownId(id), () => change("POST", "v1/deliveries/" + id + "/retry")),
        button("Drop", "delivery " + shownId(id), () => drop(id, d.name || d.webhook), "danger"),
        button("Explain it", "the event of delivery " + shownId(id), () => { useEvent(event); go("try"); explainText(); })),
      make("h3", "", "Event"), pretty(event));
  } catch (error) {
    box.replaceChildren(failure(error));
  }
}

async function change(method, path, body) {
  try {
    const answer = await call(method, path, body === undefined ? undefined : JSON.stringify(body));
    const [[what, count]] = Object.entries(answer);
    byId("queue-error").hidden = true;
    await poll();
    await listDeliveries();
    setText(byId("queue-summary"), what + " " + count + ". " + summary());
  } catch (error) {
    explainFailure(error, byId("queue-error"));
  }
}

async function drop(id, webhook) {
  if (await confirmed("Drop delivery " + shownId(id) + "?", webhook + " will never get this event.", "Drop it")) { change("DELETE", "v1/deliveries/" + id); }
}

function several() {
  const { state, webhook } = selection();
  const count = selected();
  const chosen = byId("queue-webhook").selectedOptions[0];
  return (state === "dead" ? (count === 1 ? "1 dead letter" : count + " dead letters") : (count === 1 ? "1 waiting delivery" : count + " waiting deliveries"))
    + (webhook ? " of " + chosen.textContent : " of all webhooks");
}

function summary() {
  return several() + (deliveries.length < selected() ? ", the oldest " + deliveries.length + " shown" : "");
}

function drawDeliveries() {
  draw(byId("queue-list"), deliveries, (d) => d.id, deliveryRow);
  setText(byId("queue-summary"), summary());
  byId("queue-more").hidden = nextAfter === null;
  byId("retry-all").disabled = byId("drop-all").disabled = selected() === 0;
}

/// Shows the queue, if this page may; called at each poll while the panel is visible.
async function readQueue() {
  const full = access === "full";
  byId("queue-all").hidden = !full;
  byId("queue-hint").hidden = full;
  if (!full) {
    drawOne(byId("queue-hint"), lastStatus.host, () => readOnlyHint("looking into the queue"));
    return;
  }
  const now = JSON.stringify([selection(), lastStatus.webhooks.map((w) => [w.key, w.pending, w.dead, w.failed])]);
  if (now !== listed) {
    listed = now;
    await listDeliveries();
  }
}

/// From an event to its delivery.
function openDelivery(w) {
  byId("queue-state").value = w.state === "dead" ? "dead" : "pending";
  byId("queue-webhook").value = w.key;
  openDeliveries.set(w.delivery, make("div", "details"));
  go("queue");
}

for (const id of ["queue-state", "queue-webhook"]) { byId(id).addEventListener("change", () => listDeliveries()); }
byId("queue-refresh").addEventListener("click", () => listDeliveries());
byId("queue-more").addEventListener("click", () => listDeliveries(nextAfter));
byId("retry-all").addEventListener("click", async () => {
  if (await confirmed("Retry " + several() + "?", "Each is sent again as soon as its target takes it. Receivers may act on old events.", "Retry them")) {
    change("POST", "v1/deliveries/retry", selection());
  }
});
byId("drop-all").addEventListener("click", async () => {
  if (await confirmed("Drop " + several() + "?", "Their targets will never get these events.", "Drop them")) { change("POST", "v1/deliveries/drop", selection()); }
});
