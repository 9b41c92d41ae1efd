// Buttons that copy a text. Without the clipboard, the text is selected and copied from the page.

import { element } from "/_mock/ui/dom.js";
import { phrase } from "./phrase.js";

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const place = element("pre", {}, text);
    document.body.append(place);
    getSelection().selectAllChildren(place);
    document.execCommand("copy");
    place.remove();
  }
}

// A button that copies what `textOf` returns. `label`: what a screen reader says.
export function copyButton(text, label, textOf) {
  const button = element("button", { type: "button", class: "copy", "aria-label": label }, text);
  button.addEventListener("click", async () => {
    await copy(textOf());
    button.textContent = phrase("Copied");
    setTimeout(() => (button.textContent = text), 2000);
  });
  return button;
}

// Adds a button to each text in monospace, and one with its link to each finding.
export function addCopyButtons() {
  for (const pre of document.querySelectorAll("main pre")) {
    pre.before(copyButton(phrase("Copy"), phrase("Copy this text"), () => pre.textContent));
  }
  for (const finding of document.querySelectorAll(".finding[id]")) {
    const link = () => `${location.href.split("#")[0]}#${finding.id}`;
    const label = phrase("Copy the link to {name}", { name: finding.querySelector("h3").textContent });
    finding.prepend(copyButton(phrase("Copy link"), label, link));
  }
}
