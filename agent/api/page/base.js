// Helpers of every panel. What the agent sends is text of others: it enters the page as text nodes
// only, never as HTML, and characters that turn the reading direction or hide a part of it are
// shown as escapes.

const byId = (id) => document.getElementById(id);

/// A delivery's id as people read it, on the command line too: "1802.1" for 118095873.
const shownId = (delivery) => Math.floor(delivery / 65536) + "." + delivery % 65536;

function printable(text) {
  return String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

/// An element with text and elements as its children; null, undefined and "" are left out.
function make(tag, classes, ...children) {
  const node = document.createElement(tag);
  if (classes) { node.className = classes; }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== "")
    .map((child) => child instanceof Node ? child : printable(child)));
  return node;
}

/// Pieces on one line, as long as it holds them; with blanks, which count where it is read aloud.
function line(tag, classes, ...pieces) {
  return make(tag, "line " + classes, pieces.flat().filter(Boolean).map((piece, i) => [i > 0 ? " " : "", make("span", "", piece)]));
}

/// A name of others: what it does to the reading direction ends with it, and it does not fill the
/// screen.
function name(text, otherwise) {
  if (!text) { return make("span", "quiet", otherwise || "(no name)"); }
  const node = make("bdi", "", text.length > 100 ? text.slice(0, 100) + "…" : text);
  if (text.length > 100) { node.title = printable(text); }
  return node;
}

function button(label, about, action, classes) {
  const node = make("button", classes, label);
  node.type = "button";
  if (about) { node.setAttribute("aria-label", printable(label + ": " + about)); }
  node.addEventListener("click", action);
  return node;
}

/// The agent writes commands between backticks.
function withCommands(text) {
  return text.split("`").map((part, i) => i % 2 === 0 ? part : make("code", "", part));
}

/// A JSON text on several lines. Long texts in it (images) are cut: a phone shows nothing of them.
function pretty(json) {
  const short = (token) => token[0] === '"' && token.length > 1026 ? token.slice(0, 41) + "… (" + (token.length - 2) + ' characters)"' : token;
  return make("pre", "", document.createTextNode(indented(json, short).split("\n").map(printable).join("\n")));
}

function pairs(list) {
  return make("dl", "", list.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([what, value]) => [make("dt", "", what), make("dd", "", value)]));
}

// Times. "…_at" is milliseconds of this device's clock.

function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) { return s + " s"; }
  if (s < 3600) { return Math.floor(s / 60) + " min " + (s % 60) + " s"; }
  if (s < 172800) { return Math.floor(s / 3600) + " h " + (Math.floor(s / 60) % 60) + " min"; }
  return Math.floor(s / 86400) + " d " + (Math.floor(s / 3600) % 24) + " h";
}

function clock(at) {
  const two = (n) => String(n).padStart(2, "0");
  const t = new Date(at);
  if (Number.isNaN(t.getTime())) { return "?"; }
  const time = two(t.getHours()) + ":" + two(t.getMinutes()) + ":" + two(t.getSeconds());
  const day = t.getFullYear() + "-" + two(t.getMonth() + 1) + "-" + two(t.getDate());
  return t.toDateString() === new Date().toDateString() ? time : day + " " + time;
}

function tell(node) {
  const away = (Date.now() - Number(node.dataset.at)) / 1000;
  const text = node.dataset.clock ? node.dataset.clock + ", " + span(away) + " ago" : span(Math.abs(away));
  if (node.textContent !== text) { node.textContent = text; }
}

/// "18:03:12, 5 s ago", which goes on counting. `shown`: the clock time, if it is not that of `at`.
function moment(at, shown) {
  const node = make("time");
  node.dataset.at = at;
  node.dataset.clock = clock(shown === undefined ? at : shown);
  tell(node);
  return node;
}

/// "5 s", the time since or until `at`, which goes on counting.
function counting(at) {
  const node = make("time");
  node.dataset.at = at;
  tell(node);
  return node;
}

setInterval(() => { if (!document.hidden) { document.querySelectorAll("time[data-at]").forEach(tell); } }, 1000);

/// A copy in which each "…_s" is an "…_at": ages and waits become times. One that has moved by
/// less than three seconds since `before`, the copy of the last answer, counts as unchanged.
function anchored(value, before, now) {
  if (Array.isArray(value)) { return value.map((one, i) => anchored(one, before && before[i], now)); }
  if (value === null || typeof value !== "object" || value instanceof Exact) { return value; }
  const copy = {};
  for (const [key, one] of Object.entries(value)) {
    if (!key.endsWith("_s") || typeof one !== "number") {
      copy[key] = anchored(one, before && before[key], now);
      continue;
    }
    const ahead = key === "next_attempt_s" || key === "wait_s";
    const at = ahead && one <= 0 ? 0 : Math.round(now + (ahead ? one : -one) * 1000); // 0: over
    const last = before ? before[key.slice(0, -1) + "at"] : undefined;
    copy[key.slice(0, -1) + "at"] = Math.abs(last - at) < 3000 ? last : at;
  }
  return copy;
}

/// Puts `fresh` into the place of `old`; the focus stays at the control of the same name.
function exchange(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (focused) {
    const same = [...fresh.querySelectorAll("button, a, summary")].find((one) => one.dataset.name === focused.dataset.name
      && (one.dataset.name || one.getAttribute("aria-label") === focused.getAttribute("aria-label")));
    if (same) { same.focus({ preventScroll: true }); }
  }
}

const drawn = new WeakMap();

/// Shows `items` as the children of `list`. One that has not changed keeps its node, so that text
/// can be selected and what is open stays open.
function draw(list, items, key, build) {
  const old = drawn.get(list) || new Map();
  const now = new Map();
  items.forEach((item, i) => {
    const id = key(item);
    const signature = JSON.stringify(item);
    let entry = old.get(id);
    if (!entry || entry.signature !== signature) {
      const node = build(item, entry === undefined);
      if (entry) { exchange(entry.node, node); }
      entry = { signature, node };
    }
    now.set(id, entry);
    if (list.children[i] !== entry.node) { list.insertBefore(entry.node, list.children[i] || null); }
  });
  while (list.children.length > items.length) { list.lastElementChild.remove(); }
  drawn.set(list, now);
}

/// The same for a node whose whole content is one thing.
function drawOne(node, item, build) {
  draw(node, [item], () => 0, build);
}

/// The choices of a select, [value, label] each; the chosen one stays, if it is there.
function choices(select, list) {
  const chosen = select.value;
  const text = JSON.stringify(list);
  if (select.dataset.list === text) { return; }
  select.dataset.list = text;
  select.replaceChildren(...list.map(([value, label]) => {
    const option = make("option", "", label);
    option.value = value;
    return option;
  }));
  select.value = list.some(([value]) => value === chosen) ? chosen : list.length > 0 ? list[0][0] : "";
}

function setText(node, text) {
  if (node.textContent !== text) { node.textContent = text; }
}

/// Asks before something that cannot be taken back. Escape and the other button say no.
function confirmed(title, text, yes) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = printable(title);
  byId("confirm-text").textContent = printable(text);
  byId("confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
