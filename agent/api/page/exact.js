// JSON of the agent without what JavaScript makes of it: ids have up to 64 bits, of which its
// numbers keep 53, and the text of an event stays the text that was sent.

/// A whole number that JavaScript would round. It is shown as it was written.
class Exact {
  constructor(digits) { this.digits = digits; }
  toString() { return this.digits; }
  toJSON() { return "\ue000" + this.digits; }
}

const jsonToken = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}[\],:]+|[{}[\],:]/g;

/// As JSON.parse, but for such numbers.
function parseExact(text) {
  if (!/\d{16}/.test(text)) { return JSON.parse(text); }
  const large = (token) => /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token));
  const marked = text.replace(jsonToken, (token) => large(token) ? '{"\ue000":"' + token + '"}' : token);
  return JSON.parse(marked, (_, value) => value && typeof value === "object" && /^-?\d+$/.test(value["\ue000"]) ? new Exact(value["\ue000"]) : value);
}

/// As JSON.stringify.
function exactText(value) {
  return JSON.stringify(value).replace(/"\ue000(-?\d+)"/g, "$1");
}

/// The text of a member of a JSON object, as it stands there; "null" without one.
function memberText(object, name) {
  let depth = 0;
  let begin = -1;
  let before = ["", ""]; // the last two tokens
  for (const { 0: token, index } of object.matchAll(jsonToken)) {
    if (begin < 0 && depth === 1 && before[1] === ":" && before[0] === JSON.stringify(name)) { begin = index; }
    if (begin >= 0 && depth === 1 && (token === "," || token === "}")) { return object.slice(begin, index).trim(); }
    depth += token === "{" || token === "[" ? 1 : token === "}" || token === "]" ? -1 : 0;
    before = [before[1], token];
  }
  return "null";
}

/// A JSON text on several lines: its own words, only with other blanks.
function indented(json, shown = (token) => token) {
  let text = "";
  let depth = 0;
  let last = "";
  const newLine = () => "\n" + "  ".repeat(depth);
  for (const [token] of json.matchAll(jsonToken)) {
    const closes = token === "}" || token === "]";
    const opened = last === "{" || last === "[";
    if (closes) { depth -= 1; }
    if (closes ? !opened : opened || last === ",") { text += newLine(); }
    text += token === ":" ? ": " : shown(token);
    if (token === "{" || token === "[") { depth += 1; }
    last = token;
  }
  return text;
}
