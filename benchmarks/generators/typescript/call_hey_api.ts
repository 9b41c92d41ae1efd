import { client } from "./client/client.gen";
import * as sdk from "./client/sdk.gen";
import { present, print, world, wrongKey } from "./world";

client.setConfig({ baseUrl: world.base_url, auth: world.api_key });

async function main(): Promise<void> {
  const heartbeat = await sdk.heartbeat({ body: { server_name: world.server_name, cpu_usage: 4.5 } });
  print("heartbeat", heartbeat.data?.data.server_name);
  const page = present((await sdk.listTasks({ query: { limit: 2, status: ["pending", "queued"] } })).data);
  const [first, second] = [present(page.data[0]), present(page.data[1])];
  print("listTasks", `${first.id} of ${page.total}`);
  const last = present((await sdk.listTasks({ query: { limit: 2, after: present(page.next_cursor) } })).data);
  print("nextPage", last.next_cursor === null ? last.data[0]?.id : "there is a next page");
  const update = await sdk.updateTask({ path: { id: first.id }, body: { status: "running" } });
  print("updateTask", update.data?.data.link_id);
  const bulk = await sdk.bulkUpdateTasks({
    body: { items: [{ link_id: first.id, status: "completed" }, { link_id: world.foreign_task, note: "x" }] },
  });
  print("bulkUpdateTasks", bulk.data?.results[1]?.error);
  print("sendLogs", (await sdk.sendLogs({ body: { logs: [{ level: "INFO", message: "done" }] } })).data?.created);
  const link = await sdk.updateLink({ body: { link_id: second.id, status: "running" } });
  print("updateLink", link.data?.data.link_id);
  print("completeLink", (await sdk.completeLink({ body: { link_id: second.id } })).data?.data.link_id);
  const request = await sdk.setRequestStatus({ body: { request_id: first.request_id, status: "completed" } });
  print("setRequestStatus", request.data?.data.request_id);
  const account = await sdk.setAccountStatus({ body: { account_id: world.account, status: "active" } });
  print("setAccountStatus", account.data?.data.account_id);
  const completed = present((await sdk.listTasks({ query: { status: ["completed"] } })).data).data;
  print("completed", completed.find((task) => task.started_at !== null && task.id === second.id)?.id);

  print("400", (await sdk.listTasks({ query: { after: world.unknown_task } })).error?.error);
  print("401", (await sdk.listTasks({ auth: wrongKey })).error?.error);
  const foreign = await sdk.updateTask({ path: { id: world.foreign_task }, body: { status: "running" } });
  print("403", foreign.error?.error);
  const unknown = await sdk.updateTask({ path: { id: world.unknown_task }, body: { status: "running" } });
  print("404", unknown.error?.error);
}

void main();
