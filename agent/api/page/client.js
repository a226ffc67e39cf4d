// Calls to the agent, which served this page, and the token for them.

/// In this page's memory only: not in the address, not in any storage of the browser.
let token = "";

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/// No answer, or not one of the agent.
class Silence extends Error {}

function silence(error) {
  return new Silence(error.name === "TimeoutError" ? "no answer within 10 s"
    : error.name === "SyntaxError" ? "what answers here is not an agent" : "no connection");
}

/// The agent's JSON as text. Throws Refusal for its problems, Silence when it does not answer.
async function callText(method, path, body) {
  const headers = {};
  if (token) { headers.Authorization = "Bearer " + token; }
  if (body !== undefined) { headers["Content-Type"] = "application/json"; }
  const reply = await fetch(path, { method, headers, body, cache: "no-store", credentials: "omit", redirect: "error",
    signal: AbortSignal.timeout(10000) }).catch((error) => { throw silence(error); });
  if (reply.ok) { return reply.text().catch((error) => { throw silence(error); }); }
  const problem = await reply.json().catch(() => ({}));
  throw new Refusal(reply.status, problem.detail || "the agent answered " + reply.status);
}

/// The text of an answer as values.
function parsed(text) {
  try {
    return parseExact(text);
  } catch (error) {
    throw silence(error);
  }
}

async function call(method, path, body) {
  return parsed(await callText(method, path, body));
}

/// What an action says when it fails. A missing or wrong token is asked for instead.
function explainFailure(error, node) {
  if (!(error instanceof Refusal || error instanceof Silence)) { throw error; }
  if (error.status === 401) { askForToken(); }
  node.textContent = printable(error instanceof Refusal ? error.message : "The agent does not answer: " + error.message + ".");
  node.hidden = false;
}

function failure(error) {
  const node = make("p", "bad");
  explainFailure(error, node);
  return node;
}

/// "full": this page may look into the queue and change it; "read": it may not.
let access = "read";

/// What a page without a token says where there is something that needs one.
function readOnlyHint(what) {
  const host = lastStatus.host || "the board";
  return make("div", "hint",
    make("p", "", "This page is read-only: " + what + " needs more than this connection may do."),
    make("p", "", "Give the agent a token ([ingest] token_file in agent.ini, then restart or reload it) and open the page again. Or log in to ",
      name(host), " with ssh: ", make("code", "", "ffl-agent queue"), ", ", make("code", "", "ffl-agent events"), " and ",
      make("code", "", "ffl-agent test"), " do the same there."),
    make("p", "", "Or forward a port to the agent's socket, which needs no token: ",
      make("code", "", "ssh -L 8093:/run/ffl-agent/agent.sock " + host), ", then open localhost:8093 here."));
}

function askForToken() {
  const wrong = token !== "";
  token = "";
  byId("gate").hidden = false;
  byId("all").hidden = true;
  byId("gate-error").hidden = !wrong;
  byId("gate-error").textContent = wrong ? "The agent rejected this token." : "";
  byId("notice").hidden = true;
  setText(byId("host"), lastStatus.host ? printable(lastStatus.host) : location.hostname);
  setVerdict("off", "token needed");
  byId("token").focus();
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("token").value.trim();
  if (!/^[\x21-\x7e]+$/.test(text)) {
    byId("gate-error").textContent = "A token has letters, digits and signs of ASCII only, no blanks.";
    byId("gate-error").hidden = false;
    return;
  }
  token = text;
  byId("token").value = "";
  byId("gate").hidden = true;
  poll();
});
byId("token-shown").addEventListener("change", (event) => { byId("token").type = event.target.checked ? "text" : "password"; });
byId("confirm-no").addEventListener("click", () => byId("confirm").close("no"));
byId("confirm-yes").addEventListener("click", () => byId("confirm").close("yes"));
