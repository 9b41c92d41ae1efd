// Lanes: the statuses of tasks over time. The inspector and the HTML report use them.

import { element } from "/_mock/ui/dom.js";

// A bar with the statuses of one task. `parts`: the statuses in order, each with the time `from` which the task has
// it. `end`: the time at which the last part ends. `span`: the times at the left and the right end of the bar.
export function laneBar(parts, end, span) {
  const percent = (time) => (100 * (time - span.begin)) / (span.end - span.begin || 1);
  const bar = element("div", { class: "bar" });
  parts.forEach((part, index) => {
    const piece = element("span", { class: `part ${part.status}` });
    piece.style.left = `${percent(part.from)}%`;
    piece.style.width = `${percent(parts[index + 1]?.from ?? end) - percent(part.from)}%`;
    bar.append(piece);
  });
  return bar;
}
