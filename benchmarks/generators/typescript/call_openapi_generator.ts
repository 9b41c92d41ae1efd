import * as api from "./client";
import { present, print, world, wrongKey } from "./world";

const withKey = (key: string) => new api.Configuration({ basePath: world.base_url, apiKey: key });

// The client throws the answer as it came: the program decodes the error with the function for its type.
async function code(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof api.ResponseError) return api.ApiErrorFromJSON(await error.response.json()).error;
    throw error;
  }
  throw new Error("the call was answered with 200");
}

async function main(): Promise<void> {
  const mine = withKey(world.api_key);
  const [tasks, callbacks] = [new api.TasksApi(mine), new api.CallbacksApi(mine)];
  const heartbeat = { serverName: world.server_name, cpuUsage: 4.5 };
  print("heartbeat", (await new api.HealthApi(mine).heartbeat({ heartbeat })).data.serverName);
  const page = await tasks.listTasks({ limit: 2, status: [api.TaskStatus.Pending, api.TaskStatus.Queued] });
  const [first, second] = [present(page.data[0]), present(page.data[1])];
  print("listTasks", `${first.id} of ${page.total}`);
  const last = await tasks.listTasks({ limit: 2, after: present(page.nextCursor) });
  print("nextPage", last.nextCursor === null ? last.data[0]?.id : "there is a next page");
  const taskUpdate = { status: api.TaskStatus.Running };
  print("updateTask", (await tasks.updateTask({ id: first.id, taskUpdate })).data.linkId);
  const bulkUpdate = {
    items: [{ linkId: first.id, status: api.TaskStatus.Completed }, { linkId: world.foreign_task, note: "x" }],
  };
  print("bulkUpdateTasks", (await tasks.bulkUpdateTasks({ bulkUpdate })).results[1]?.error);
  const logBatch = { logs: [{ level: api.LogLevel.Info, message: "done" }] };
  print("sendLogs", (await new api.LogsApi(mine).sendLogs({ logBatch })).created);
  const linkUpdate = { linkId: second.id, status: api.TaskStatus.Running };
  print("updateLink", (await callbacks.updateLink({ linkUpdate })).data.linkId);
  print("completeLink", (await callbacks.completeLink({ linkCompletion: { linkId: second.id } })).data.linkId);
  const requestStatus = { requestId: first.requestId, status: "completed" };
  print("setRequestStatus", (await callbacks.setRequestStatus({ requestStatus })).data.requestId);
  const accountStatus = { accountId: world.account, status: "active" };
  print("setAccountStatus", (await callbacks.setAccountStatus({ accountStatus })).data.accountId);
  const completed = (await tasks.listTasks({ status: [api.TaskStatus.Completed] })).data;
  print("completed", completed.find((task) => task.startedAt instanceof Date && task.id === second.id)?.id);

  print("400", await code(tasks.listTasks({ after: world.unknown_task })));
  print("401", await code(new api.TasksApi(withKey(wrongKey)).listTasks()));
  print("403", await code(tasks.updateTask({ id: world.foreign_task, taskUpdate })));
  print("404", await code(tasks.updateTask({ id: world.unknown_task, taskUpdate })));
}

void main();
