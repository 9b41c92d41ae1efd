// What the pages lack for people who use a keyboard or a screen reader.
"use strict";

const LABELS = {
  en: { pages: "All pages", contents: "On this page" },
  vi: { pages: "Tất cả các trang", contents: "Trên trang này" },
};

/** Names both side columns, and says at which level the captions of the list of pages are. */
function nameParts() {
  const labels = LABELS[document.documentElement.lang];
  document.querySelector(".sidebar-drawer").setAttribute("aria-label", labels.pages);
  document.querySelector(".toc-drawer").setAttribute("aria-label", labels.contents);
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
}

/** The tab key reaches each block that is wider than its place, so that the arrow keys can move it. */
function reachWideBlocks() {
  for (const block of document.querySelectorAll("pre, .table-wrapper")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  nameParts();
  reachWideBlocks();
  addEventListener("resize", reachWideBlocks);
});
