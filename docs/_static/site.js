// What the pages lack for people with a keyboard, a screen reader or a narrow screen.
"use strict";

const LABELS = {
  en: {
    ".sidebar-drawer": "All pages",
    ".toc-drawer": "On this page",
  },
  vi: {
    ".sidebar-drawer": "Tất cả các trang",
    ".toc-drawer": "Trên trang này",
    "#__navigation": "Mở hoặc đóng danh sách các trang",
    "#__toc": "Mở hoặc đóng mục lục của trang",
    ".theme-toggle": "Đổi màu sáng, tối hoặc theo máy",
  },
};

/** Names the parts of the page, and says at which level the captions of the list of pages are. */
function nameParts() {
  for (const [part, label] of Object.entries(LABELS[document.documentElement.lang])) {
    for (const element of document.querySelectorAll(part)) element.setAttribute("aria-label", label);
  }
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
}

/** Marks the options of commands, so that site.css keeps each in one line. */
function keepOptionsWhole() {
  for (const word of document.querySelectorAll("code .pre")) {
    if (word.textContent.startsWith("-")) word.classList.add("option");
  }
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
  keepOptionsWhole();
  reachWideBlocks();
  addEventListener("resize", reachWideBlocks);
});
