// The servers with their heartbeats, the customers' requests with their created links, and the logs.

import { element, table } from "/_mock/ui/dom.js";

const MOST_LOGS = 200;

export class ServersView {
  constructor(store) {
    this.store = store;
    this.root = element("section", { "aria-label": "Servers, requests and logs" });
  }

  update() {
    const { servers = [], requests = [], logs = [], time } = this.store.state ?? {};
    this.root.replaceChildren(
      table("Servers", ["name", "status", "key", "last heartbeat", "it said"], servers.map((server) => serverCells(server, time))),
      table("Customers' requests", ["name", "type", "status", "created links"], requests.map((request) => [request.name, request.type, request.status, request.created_links])),
      table("The newest logs of workers", ["server", "at", "entry"], logs.slice(-MOST_LOGS).reverse().map(logCells)),
    );
  }
}

function serverCells(server, now) {
  const heartbeat = server.heartbeat === null ? "" : JSON.stringify(server.heartbeat);
  return [server.name, server.status, server.revoked ? "revoked" : "works", sinceText(server.heartbeat_at, now), heartbeat];
}

function sinceText(time, now) {
  return time === null ? "never" : `${time} (${Math.max(0, Math.round((Date.parse(now) - Date.parse(time)) / 1000))} s ago)`;
}

function logCells({ server, at, ...entry }) {
  return [server, at, JSON.stringify(entry)];
}
