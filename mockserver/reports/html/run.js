// The run of a case, from the JSON that run_data.py wrote.

import { phrase } from "./phrase.js";

const NUMBERS_OF_A_PERIOD = 3;
const KINDS = ["exchange", "fold", "happening", "gap"]; // those of TimelineRowKind

// Returns the run of a case, or null. The periods of a lane are the parts of its bar.
export function runOf(data, index) {
  const raw = data.runs[index];
  if (raw === null) {
    return null;
  }
  const text = (number) => data.texts[number];
  const lanes = raw.lanes.map(([task, ...numbers]) => ({ task: text(task), parts: periodsOf(numbers, data.statuses) }));
  const events = raw.events.map(([at, event]) => ({ at, text: text(event) }));
  return { ...raw, lanes, events, statuses: data.statuses, rows: rowsOf(raw.rows, text) };
}

function periodsOf(numbers, statuses) {
  const periods = [];
  for (let place = 0; place < numbers.length; place += NUMBERS_OF_A_PERIOD) {
    const [status, from, number] = numbers.slice(place, place + NUMBERS_OF_A_PERIOD);
    periods.push({ status: statuses[status], from, number });
  }
  return periods;
}

// The rows. `until`: the number of the last exchange up to the row, also for an event.
function rowsOf(raw, text) {
  let until = 0;
  let counts = [];
  return raw.map(([kind, at, request, first, last, count, answer, why, changes, newCounts, rules, ...bodies], index) => {
    until = Math.max(until, last);
    counts = newCounts || counts;
    const texts = { text: text(request), answer: text(answer), why: text(why) };
    return { index, kind: KINDS[kind], at, first, last, count, ...texts, changes: changes.map(text), counts, rules: rules.map(text), bodies: bodies.map(text), until };
  });
}

// The status of the task of a lane after a row.
export function statusAfter(lane, row) {
  return lane.parts.findLast((part) => part.number <= row.until).status;
}

export function secondsText(milliseconds) {
  return `${(milliseconds / 1000).toFixed(3)} s`;
}

// `#4`, or `#4 to #23` for several exchanges; nothing for an event.
export function numbersText(row) {
  if (row.first === 0) {
    return "";
  }
  return row.first === row.last ? `#${row.first}` : phrase("#{first} to #{last}", { first: row.first, last: row.last });
}
