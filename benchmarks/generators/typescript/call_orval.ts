import * as api from "./client/api";
import { present, print, world, wrongKey } from "./world";

// orval writes relative URLs: a program gives it the address, here in front of fetch.
const send = globalThis.fetch;
globalThis.fetch = (path, options) => send(world.base_url + path, options);
const withKey = (key: string): RequestInit => ({ headers: { "X-API-Key": key } });
const mine = withKey(world.api_key);

function ok<R extends { status: number }>(answer: R): Extract<R, { status: 200 }> {
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return answer as Extract<R, { status: 200 }>;
}

async function main(): Promise<void> {
  print("heartbeat", ok(await api.heartbeat({ server_name: world.server_name, cpu_usage: 4.5 }, mine)).data.data.server_name);
  const page = ok(await api.listTasks({ limit: 2, status: ["pending", "queued"] }, mine)).data;
  const [first, second] = [present(page.data[0]), present(page.data[1])];
  print("listTasks", `${first.id} of ${page.total}`);
  const last = ok(await api.listTasks({ limit: 2, after: present(page.next_cursor) }, mine)).data;
  print("nextPage", last.next_cursor === null ? last.data[0]?.id : "there is a next page");
  print("updateTask", ok(await api.updateTask(first.id, { status: "running" }, mine)).data.data.link_id);
  const items = [{ link_id: first.id, status: api.TaskStatus.completed }, { link_id: world.foreign_task, note: "x" }];
  print("bulkUpdateTasks", ok(await api.bulkUpdateTasks({ items }, mine)).data.results[1]?.error);
  print("sendLogs", ok(await api.sendLogs({ logs: [{ level: "INFO", message: "done" }] }, mine)).data.created);
  print("updateLink", ok(await api.updateLink({ link_id: second.id, status: "running" }, mine)).data.data.link_id);
  print("completeLink", ok(await api.completeLink({ link_id: second.id }, mine)).data.data.link_id);
  const request = { request_id: first.request_id, status: "completed" };
  print("setRequestStatus", ok(await api.setRequestStatus(request, mine)).data.data.request_id);
  const account = { account_id: world.account, status: "active" };
  print("setAccountStatus", ok(await api.setAccountStatus(account, mine)).data.data.account_id);
  const completed = ok(await api.listTasks({ status: ["completed"] }, mine)).data.data;
  print("completed", completed.find((task) => task.started_at !== null && task.id === second.id)?.id);

  const badCursor = await api.listTasks({ after: world.unknown_task }, mine);
  if (badCursor.status === 400) print("400", badCursor.data.error);
  const badKey = await api.listTasks({}, withKey(wrongKey));
  if (badKey.status === 401) print("401", badKey.data.error);
  const foreign = await api.updateTask(world.foreign_task, { status: "running" }, mine);
  if (foreign.status === 403) print("403", foreign.data.error);
  const unknown = await api.updateTask(world.unknown_task, { status: "running" }, mine);
  if (unknown.status === 404) print("404", unknown.data.error);
}

void main();
