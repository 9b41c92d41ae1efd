// The texts of the page in the language of the report. page_script.py finds each call in this folder.

const translations = JSON.parse(document.getElementById("data").textContent).translations;

// Each `{name}` of the text is replaced by the value of that name. The text stands in the call.
export function phrase(english, values = {}) {
  return (translations[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
