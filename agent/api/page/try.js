// Try it: why an event matches or not, and a test event through one webhook.

let followed = null; // the test event whose fate is shown: its delivery, its webhook and its seq, where that is known

/// `json` is the event's own text, in which only blanks may differ.
function useEvent(json) {
  byId("event-text").value = indented(json);
}

function explanation(answer) {
  const matching = answer.webhooks.filter((w) => w.matches);
  const others = answer.webhooks.filter((w) => !w.matches);
  const line = (w) => make("li", "", name(w.name || w.key), ": ", w.matches ? make("span", "state good", "matches")
    : [make("span", "state off", "does not match"), " ", [w.failed || [], w.also_failed || []].flat().map(filterText).join("; ")],
  w.matches && w.cooldown_s ? make("p", "warn", "A cooldown would keep it back for another " + span(Math.ceil(w.cooldown_s)) + ".") : null,
  w.matches && w.last_error ? make("p", "warn", "The last attempt of this webhook failed: " + w.last_error) : null);
  return make("div", "stack",
    make("p", "", answer.webhooks.length === 0 ? "There are no webhooks." : "The event matches " + matching.length + " of " + answer.webhooks.length + " webhooks."),
    answer.duplicate ? make("p", "warn", "It would be a duplicate: the agent has accepted it lately and does not deliver it again.") : null,
    answer.note ? make("p", "warn", answer.note) : null,
    make("ul", "outcomes card", [...matching, ...others].map(line)));
}

async function explainText() {
  const box = byId("explanation");
  try {
    box.replaceChildren(explanation(await call("POST", "v1/explain", byId("event-text").value)));
  } catch (error) {
    box.replaceChildren(failure(error));
  }
}

async function pickEvent() {
  const seq = byId("pick").value;
  if (seq === "") { return; }
  try {
    useEvent(memberText(await callText("GET", "v1/events/" + seq), "event"));
    await explainText();
  } catch (error) {
    byId("explanation").replaceChildren(failure(error));
  }
}

async function sendTest() {
  const select = byId("test-webhook");
  const what = byId("test").elements.what.value;
  const label = select.selectedOptions[0].textContent;
  if (!await confirmed("Send a test event to " + label + "?", "Its target receives a real request: a door may open, a message may be sent.", "Send it")) { return; }
  const fate = byId("fate");
  try {
    const answer = await call("POST", "v1/webhooks/" + encodeURIComponent(select.value) + "/test", what === "text" ? byId("event-text").value : undefined);
    followed = { delivery: answer.delivery, webhook: select.value, seq: answer.seq };
    fate.replaceChildren(make("p", "state off", "sent to the webhook's queue as delivery " + shownId(answer.delivery)));
    poll();
  } catch (error) {
    followed = null;
    fate.replaceChildren(failure(error));
  }
}

async function testEvent({ delivery, seq }) {
  try {
    if (seq) { return await call("GET", "v1/events/" + seq); }
    const { events: last } = await call("GET", "v1/events?limit=50");
    return last.find((e) => !e.refused && e.webhooks.some((w) => w.delivery === delivery));
  } catch (error) {
    if (error.status !== 404) { throw error; }
    return null;
  }
}

/// What has become of the test event so far.
async function followTest() {
  const test = followed;
  if (test === null) { return; }
  const found = await testEvent(test);
  if (test !== followed) { return; }
  const e = found ? anchored(found, null, Date.now()) : null;
  const w = e && e.webhooks.find((one) => one.key === test.webhook);
  if (!w) {
    followed = null;
    byId("fate").replaceChildren(make("p", "quiet", "The agent's list of events does not have delivery " + shownId(test.delivery) + "."));
    return;
  }
  drawOne(byId("fate"), { ...w, test_at: e.age_at - e.age_at % 5000 }, () => make("ul", "card", outcomeDetails(w)));
  if (w.state !== "waiting") { followed = null; }
}

function drawTry() {
  const full = access === "full";
  byId("test").hidden = !full;
  byId("test-hint").hidden = full;
  if (!full) { drawOne(byId("test-hint"), lastStatus.host, () => readOnlyHint("a test event")); }
}

byId("explain").addEventListener("submit", (event) => { event.preventDefault(); explainText(); });
byId("pick").addEventListener("change", pickEvent);
byId("test").addEventListener("submit", (event) => { event.preventDefault(); sendTest(); });
