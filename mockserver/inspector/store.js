// What the page knows about one world. It follows the events and asks the control plane for the rest.

import { call, readEvents } from "/_mock/ui/control.js";

const MOST_EXCHANGES = 10000;
const MILLISECONDS_TO_RETRY = 1000;
const QUIET_MILLISECONDS = 2000;
const PAUSE_FACTOR = 50; // the mock keeps most of its time for workers

export class Store {
  constructor(onChange, onConnection) {
    this.onChange = onChange;
    this.onConnection = onConnection;
    this.world = null;
    this.clear();
  }

  clear() {
    this.exchanges = [];
    this.dropped = 0;
    this.whole = null; // the number of the newest exchange before a gap
    clearTimeout(this.timer);
    this.state = null;
    this.scenario = null;
    this.steps = new Map();
    this.early = null;
    this.isRefreshing = false;
    this.isOutdated = false;
  }

  get base() {
    return `/worlds/${encodeURIComponent(this.world)}`;
  }

  // Follows a world until another one is followed. If the mock ends, tries again and again.
  async follow(world) {
    this.world = world;
    for (const mine = (this.turn = Symbol()); this.turn === mine; ) {
      this.clear();
      await this.followOnce(mine).catch((error) => this.turn === mine && this.onConnection("lost", error));
      await new Promise((resolve) => setTimeout(resolve, MILLISECONDS_TO_RETRY));
    }
  }

  async followOnce(mine) {
    const isMine = (act) => (...values) => (this.turn === mine ? act(...values) : undefined);
    await readEvents(
      this.world,
      isMine(() => this.load(mine)),
      isMine((kind, data) => this.take(kind, data)),
    );
    throw new Error("the mock has ended");
  }

  // Loads what happened before the stream began. Events that come in the meantime wait.
  async load(mine) {
    this.early = [];
    try {
      const [journal, state] = await Promise.all([call("GET", `${this.base}/journal?after=${this.whole ?? this.last}`), call("GET", this.base)]);
      if (this.turn !== mine) {
        return;
      }
      journal.exchanges.forEach((exchange) => this.add(exchange));
      this.dropped = journal.dropped;
      this.whole = null;
      this.state = state;
      const early = this.early;
      this.early = null;
      early.forEach(([kind, data]) => this.take(kind, data));
      this.onConnection("live");
      this.refresh();
    } catch (error) {
      this.onConnection("lost", error);
    }
    this.onChange();
  }

  take(kind, data) {
    if (this.early !== null) {
      this.early.push([kind, data]);
      return;
    }
    if (kind === "exchange") {
      this.add(data);
    } else if (kind === "dropped") {
      this.noteGap();
    } else if (data.kind === "world") {
      this.clear();
      this.load(this.turn);
      return;
    } else if (data.kind === "task" && data.field === "status") {
      this.addStep(data);
    }
    this.refresh();
    this.onChange();
  }

  // The mock sends no more events than it has time for. The others are asked for when it has become quiet.
  noteGap() {
    this.whole ??= this.last;
    clearTimeout(this.timer);
    const mine = this.turn;
    this.timer = setTimeout(() => this.turn === mine && this.load(mine), QUIET_MILLISECONDS);
  }

  get last() {
    return this.exchanges.length ? this.exchanges.at(-1).number : 0;
  }

  // Adds an exchange in its place: one with a fault may end after later ones.
  add(exchange) {
    let place = this.exchanges.length;
    while (place > 0 && this.exchanges[place - 1].number > exchange.number) {
      place -= 1;
    }
    if (place === 0 || this.exchanges[place - 1].number !== exchange.number) {
      this.exchanges.splice(place, 0, exchange);
    } else {
      this.exchanges[place - 1] = exchange;
    }
    if (this.exchanges.length > MOST_EXCHANGES) {
      this.exchanges.splice(0, this.exchanges.length - MOST_EXCHANGES);
    }
  }

  addStep(change) {
    const steps = this.steps.get(change.id) ?? [];
    steps.push({ time: change.time, was: change.was, now: change.now });
    this.steps.set(change.id, steps);
  }

  // Asks for the state and the scenario, soon, and never while an older question is open.
  async refresh() {
    this.isOutdated = true;
    if (this.isRefreshing) {
      return;
    }
    this.isRefreshing = true;
    const mine = this.turn;
    while (this.isOutdated && this.turn === mine) {
      this.isOutdated = false;
      const began = performance.now();
      await this.ask(mine).catch(() => null);
      const pause = Math.max(500, PAUSE_FACTOR * (performance.now() - began));
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, 30000)));
      await untilShown();
    }
    this.isRefreshing = false;
  }

  async ask(mine) {
    const state = await call("GET", this.base);
    const scenario = state.scenario === null ? null : await call("GET", `${this.base}/scenario`);
    if (this.turn === mine) {
      this.state = state;
      this.scenario = scenario;
      this.onChange();
    }
  }
}

// Waits while nobody can see the page, for example behind another tab.
function untilShown() {
  return document.hidden ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true })) : null;
}
