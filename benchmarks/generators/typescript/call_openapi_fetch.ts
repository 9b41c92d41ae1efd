import createClient from "openapi-fetch";

import type { paths } from "./client/schema";
import { present, print, world, wrongKey } from "./world";

const baseUrl = world.base_url;
// Lists have commas between their members, as the spec says: openapi-fetch does not read that from the spec.
const querySerializer = { array: { style: "form", explode: false } } as const;
const clientWith = (key: string) =>
  createClient<paths>({ baseUrl, querySerializer, headers: { "X-API-Key": key } });

async function main(): Promise<void> {
  const api = clientWith(world.api_key);
  const heartbeat = await api.POST("/health", { body: { server_name: world.server_name, cpu_usage: 4.5 } });
  print("heartbeat", heartbeat.data?.data.server_name);
  const query = { limit: 2, status: ["pending" as const, "queued" as const] };
  const page = present((await api.GET("/tasks", { params: { query } })).data);
  const [first, second] = [present(page.data[0]), present(page.data[1])];
  print("listTasks", `${first.id} of ${page.total}`);
  const after = { limit: 2, after: present(page.next_cursor) };
  const last = present((await api.GET("/tasks", { params: { query: after } })).data);
  print("nextPage", last.next_cursor === null ? last.data[0]?.id : "there is a next page");
  const update = (id: string) =>
    api.PUT("/tasks/{id}", { params: { path: { id } }, body: { status: "running" } });
  print("updateTask", (await update(first.id)).data?.data.link_id);
  const bulk = await api.PUT("/tasks/bulk", {
    body: { items: [{ link_id: first.id, status: "completed" }, { link_id: world.foreign_task, note: "x" }] },
  });
  print("bulkUpdateTasks", bulk.data?.results[1]?.error);
  const logs = await api.POST("/logs", { body: { logs: [{ level: "INFO", message: "done" }] } });
  print("sendLogs", logs.data?.created);
  const link = await api.POST("/callback/link/update", { body: { link_id: second.id, status: "running" } });
  print("updateLink", link.data?.data.link_id);
  const completion = await api.POST("/callback/link/complete", { body: { link_id: second.id } });
  print("completeLink", completion.data?.data.link_id);
  const request = await api.POST("/callback/request/status", {
    body: { request_id: first.request_id, status: "completed" },
  });
  print("setRequestStatus", request.data?.data.request_id);
  const account = await api.POST("/callback/account/status", {
    body: { account_id: world.account, status: "active" },
  });
  print("setAccountStatus", account.data?.data.account_id);
  const completed = present((await api.GET("/tasks", { params: { query: { status: ["completed"] } } })).data);
  print("completed", completed.data.find((task) => task.started_at !== null && task.id === second.id)?.id);

  print("400", (await api.GET("/tasks", { params: { query: { after: world.unknown_task } } })).error?.error);
  print("401", (await clientWith(wrongKey).GET("/tasks")).error?.error);
  print("403", (await update(world.foreign_task)).error?.error);
  print("404", (await update(world.unknown_task)).error?.error);
}

void main();
