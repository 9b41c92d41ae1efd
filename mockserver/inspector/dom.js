// Makes elements of the page. Everything from outside is shown as text, and no character of it acts.

const ACTING = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff\\u{e0000}-\\u{e007f}\\ud800-\\udfff]",
  "gu",
);

// The text with the code of each character that acts, for example one that reverses the order of letters. The
// characters are those of openapi/formats/visible_text.py.
export function visibleText(text) {
  return String(text).replace(/\r\n?/g, "\n").replace(ACTING, codeOf);
}

function codeOf(character) {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => "\\u" + unit.toString(16).padStart(4, "0")).join("");
}

// A new element. Properties whose names begin with `on` are listeners; the others are attributes. Children are
// elements or texts; null is left out.
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property.startsWith("on")) {
      made.addEventListener(property.slice(2), value);
    } else if (value !== null && value !== false) {
      made.setAttribute(property, value === true ? "" : visibleText(value));
    }
  }
  made.append(...children.filter((child) => child !== null).map(asNode));
  return made;
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(visibleText(child));
}

// A table. `rows` has the cells of each row, as texts.
export function table(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell ?? ""))));
  return element(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body)),
  );
}

// A field with a label. `choices`: the values of a select; null for a text field.
export function field(label, name, choices = null, properties = {}) {
  const input =
    choices === null
      ? element("input", { name, ...properties })
      : element("select", { name, ...properties }, ...choices.map(([value, text]) => element("option", { value }, text)));
  return element("label", {}, label, " ", input);
}

// The kind of an answer, for its colour.
export function kindOf(status) {
  return status === null || status >= 500 ? "failed" : status >= 400 ? "refused" : "good";
}
