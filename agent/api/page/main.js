// The parts of the page by the address's fragment, and the poll that feeds them while the page is
// visible.

const interval = 2000;
const panels = ["status", "events", "try", "queue"];
const wide = matchMedia("(min-width: 1000px)");
let timer = 0;
let polling = null;
let answeredAt = 0;

/// On a wide screen the status stays on the left, and another part is beside it.
function showPanel() {
  const asked = location.hash.slice(1);
  const chosen = panels.includes(asked) ? asked : "status";
  const current = wide.matches && chosen === "status" ? "events" : chosen;
  for (const panel of panels) {
    byId("panel-" + panel).hidden = !(panel === current || (wide.matches && panel === "status"));
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === "#" + current) { link.setAttribute("aria-current", "page"); } else { link.removeAttribute("aria-current"); }
  }
}

function go(panel) {
  location.hash = panel;
  showPanel();
  drawEvents();
  poll();
  byId("all").scrollIntoView();
}

function visible(panel) {
  return !byId("panel-" + panel).hidden;
}

function answered() {
  answeredAt = Date.now();
  byId("notice").hidden = true;
  byId("all").hidden = false;
  byId("gate").hidden = true;
  document.body.classList.remove("gone");
}

/// Everything below is from the last answer: no dot may stay green.
function notAnswered(error) {
  const refused = error instanceof Refusal;
  document.body.classList.add("gone");
  byId("skew").hidden = true;
  setText(byId("summary"), "");
  if (lastStatus.version) { setText(byId("about"), "ffl-agent " + printable(lastStatus.version)); }
  setVerdict("off", refused ? "the agent refuses" : "no answer");
  byId("message").replaceChildren(refused ? printable("The agent refuses to show its status: " + error.message) : "The agent does not answer: " + error.message + ".",
    ...(answeredAt > 0 ? [" What is below is from ", moment(answeredAt), "."] : [" Is it running? On the board: systemctl status ffl-agent"]));
  byId("notice").hidden = false;
}

/// A list that is refused says so in its own place; the status goes on.
async function part(read, node) {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof Refusal) || error.status === 401) { throw error; }
    setText(byId(node), printable(error.message));
  }
}

async function round() {
  try {
    await readStatus();
    if (visible("events") || visible("try")) { await part(readEvents, "event-count"); }
    if (visible("try")) { drawTry(); }
    await part(followTest, "fate");
    if (visible("queue")) { await readQueue(); }
    answered();
  } catch (error) {
    if (error.status === 401) {
      askForToken();
    } else if (error instanceof Refusal || error instanceof Silence) {
      notAnswered(error);
    } else {
      reportError(error); // a fault of this page
    }
  }
}

/// One round at a time; while the page is hidden or asks for the token, none.
async function poll() {
  while (polling) { await polling; }
  clearTimeout(timer);
  if (document.hidden || !byId("gate").hidden) { return; }
  polling = round();
  await polling;
  polling = null;
  clearTimeout(timer);
  timer = setTimeout(poll, interval);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) { poll(); } });
addEventListener("hashchange", () => { showPanel(); poll(); });
wide.addEventListener("change", () => { showPanel(); poll(); });
showPanel();
poll();
