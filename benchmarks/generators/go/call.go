// Calls all operations with a client of openapi-generator.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	api "workerkit.example/bench/client"
)

var world map[string]string

func show(name string, value interface{}) { fmt.Println(name, value) }

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func withKey(key string) context.Context {
	keys := map[string]api.APIKey{"serverKey": {Key: key}}
	return context.WithValue(context.Background(), api.ContextAPIKeys, keys)
}

// code returns the error code of an answer, from the object that the client made of it.
func code(err error) string {
	return err.(*api.GenericOpenAPIError).Model().(api.ApiError).Error
}

func main() {
	check(json.Unmarshal([]byte(os.Getenv("CALLS")), &world))
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: world["base_url"]}}
	client, mine := api.NewAPIClient(configuration), withKey(world["api_key"])

	beat := api.NewHeartbeat()
	beat.SetServerName(world["server_name"])
	beat.SetCpuUsage(4.5)
	heartbeat, _, err := client.HealthAPI.Heartbeat(mine).Heartbeat(*beat).Execute()
	check(err)
	show("heartbeat", heartbeat.Data.ServerName)

	page, _, err := client.TasksAPI.ListTasks(mine).Limit(2).Status([]api.TaskStatus{api.PENDING, api.QUEUED}).Execute()
	check(err)
	first, second := page.Data[0], page.Data[1]
	show("listTasks", fmt.Sprintf("%s of %d", first.Id, page.Total))
	last, _, err := client.TasksAPI.ListTasks(mine).Limit(2).After(page.GetNextCursor()).Execute()
	check(err)
	if last.NextCursor.Get() == nil {
		show("nextPage", last.Data[0].Id)
	}

	running := api.RUNNING
	update := api.TaskUpdate{Status: &running}
	updated, _, err := client.TasksAPI.UpdateTask(mine, first.Id).TaskUpdate(update).Execute()
	check(err)
	show("updateTask", updated.Data.LinkId)

	completion, note := api.NewBulkItem(first.Id), api.NewBulkItem(world["foreign_task"])
	completion.SetStatus(api.COMPLETED)
	note.SetNote("x")
	items := api.NewBulkUpdate([]api.BulkItem{*completion, *note})
	bulk, _, err := client.TasksAPI.BulkUpdateTasks(mine).BulkUpdate(*items).Execute()
	check(err)
	show("bulkUpdateTasks", *bulk.Results[1].Error)

	batch := api.NewLogBatch([]api.LogEntry{*api.NewLogEntry(api.INFO, "done")})
	logs, _, err := client.LogsAPI.SendLogs(mine).LogBatch(*batch).Execute()
	check(err)
	show("sendLogs", logs.Created)

	link := api.NewLinkUpdate(second.Id)
	link.SetStatus(api.RUNNING)
	linked, _, err := client.CallbacksAPI.UpdateLink(mine).LinkUpdate(*link).Execute()
	check(err)
	show("updateLink", linked.Data.LinkId)
	done, _, err := client.CallbacksAPI.CompleteLink(mine).LinkCompletion(*api.NewLinkCompletion(second.Id)).Execute()
	check(err)
	show("completeLink", done.Data.LinkId)

	requestStatus := api.NewRequestStatus(first.RequestId, "completed")
	request, _, err := client.CallbacksAPI.SetRequestStatus(mine).RequestStatus(*requestStatus).Execute()
	check(err)
	show("setRequestStatus", request.Data.RequestId)
	accountStatus := api.NewAccountStatus(world["account"], "active")
	account, _, err := client.CallbacksAPI.SetAccountStatus(mine).AccountStatus(*accountStatus).Execute()
	check(err)
	show("setAccountStatus", account.Data.AccountId)

	completed, _, err := client.TasksAPI.ListTasks(mine).Status([]api.TaskStatus{api.COMPLETED}).Execute()
	check(err)
	for _, task := range completed.Data {
		if task.Id == second.Id && task.StartedAt.Get() != nil {
			show("completed", task.Id)
		}
	}

	_, _, err = client.TasksAPI.ListTasks(mine).After(world["unknown_task"]).Execute()
	show("400", code(err))
	_, _, err = client.TasksAPI.ListTasks(withKey("a-key-of-nobody")).Execute()
	show("401", code(err))
	_, _, err = client.TasksAPI.UpdateTask(mine, world["foreign_task"]).TaskUpdate(update).Execute()
	show("403", code(err))
	_, _, err = client.TasksAPI.UpdateTask(mine, world["unknown_task"]).TaskUpdate(update).Execute()
	show("404", code(err))
}
