// Calls all operations with a client of openapi-generator.
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.CallbacksApi;
import org.openapitools.client.api.HealthApi;
import org.openapitools.client.api.LogsApi;
import org.openapitools.client.api.TasksApi;
import org.openapitools.client.model.AccountStatus;
import org.openapitools.client.model.ApiError;
import org.openapitools.client.model.BulkItem;
import org.openapitools.client.model.BulkUpdate;
import org.openapitools.client.model.Heartbeat;
import org.openapitools.client.model.LinkCompletion;
import org.openapitools.client.model.LinkUpdate;
import org.openapitools.client.model.LogBatch;
import org.openapitools.client.model.LogEntry;
import org.openapitools.client.model.LogLevel;
import org.openapitools.client.model.RequestStatus;
import org.openapitools.client.model.Task;
import org.openapitools.client.model.TaskPage;
import org.openapitools.client.model.TaskStatus;
import org.openapitools.client.model.TaskUpdate;

public class Call {
    interface Send {
        Object send() throws Exception;
    }

    static void show(String name, Object value) {
        System.out.println(name + " " + value);
    }

    // The client does not sign requests with the key of the spec: the program adds the header.
    static ApiClient withKey(JsonNode world, String key) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(world.get("base_url").asText());
        client.setRequestInterceptor(request -> request.header("X-API-Key", key));
        return client;
    }

    // The exception has the answer as text: the program decodes it into the type of the error.
    static String code(Send call) throws Exception {
        try {
            call.send();
        } catch (ApiException error) {
            return ApiClient.createDefaultObjectMapper().readValue(error.getResponseBody(), ApiError.class).getError();
        }
        return "no error";
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode world = ApiClient.createDefaultObjectMapper().readTree(System.getenv("CALLS"));
        ApiClient mine = withKey(world, world.get("api_key").asText());
        TasksApi tasks = new TasksApi(mine);
        CallbacksApi callbacks = new CallbacksApi(mine);
        UUID foreign = UUID.fromString(world.get("foreign_task").asText());
        UUID unknown = UUID.fromString(world.get("unknown_task").asText());
        TaskUpdate running = new TaskUpdate().status(TaskStatus.RUNNING);

        Heartbeat beat = new Heartbeat().serverName(world.get("server_name").asText()).cpuUsage(4.5);
        show("heartbeat", new HealthApi(mine).heartbeat(beat).getData().getServerName());
        List<TaskStatus> waiting = List.of(TaskStatus.PENDING, TaskStatus.QUEUED);
        TaskPage page = tasks.listTasks(null, 2, null, waiting, null);
        Task first = page.getData().get(0);
        Task second = page.getData().get(1);
        show("listTasks", first.getId() + " of " + page.getTotal());
        TaskPage last = tasks.listTasks(null, 2, page.getNextCursor(), null, null);
        if (last.getNextCursor() == null) show("nextPage", last.getData().get(0).getId());
        show("updateTask", tasks.updateTask(first.getId(), running).getData().getLinkId());
        BulkUpdate items = new BulkUpdate()
            .addItemsItem(new BulkItem().linkId(first.getId()).status(TaskStatus.COMPLETED))
            .addItemsItem(new BulkItem().linkId(foreign).note("x"));
        show("bulkUpdateTasks", tasks.bulkUpdateTasks(items).getResults().get(1).getError());
        LogBatch logs = new LogBatch().addLogsItem(new LogEntry().level(LogLevel.INFO).message("done"));
        show("sendLogs", new LogsApi(mine).sendLogs(logs).getCreated());
        LinkUpdate link = new LinkUpdate().linkId(second.getId()).status(TaskStatus.RUNNING);
        show("updateLink", callbacks.updateLink(link).getData().getLinkId());
        LinkCompletion completion = new LinkCompletion().linkId(second.getId());
        show("completeLink", callbacks.completeLink(completion).getData().getLinkId());
        RequestStatus request = new RequestStatus().requestId(first.getRequestId()).status("completed");
        show("setRequestStatus", callbacks.setRequestStatus(request).getData().getRequestId());
        UUID accountId = UUID.fromString(world.get("account").asText());
        AccountStatus account = new AccountStatus().accountId(accountId).status("active");
        show("setAccountStatus", callbacks.setAccountStatus(account).getData().getAccountId());
        for (Task task : tasks.listTasks(null, null, null, List.of(TaskStatus.COMPLETED), null).getData()) {
            if (task.getId().equals(second.getId()) && task.getStartedAt() != null) show("completed", task.getId());
        }

        show("400", code(() -> tasks.listTasks(null, null, unknown, null, null)));
        show("401", code(() -> new TasksApi(withKey(world, "a-key-of-nobody")).listTasks(null, null, null, null, null)));
        show("403", code(() -> tasks.updateTask(foreign, running)));
        show("404", code(() -> tasks.updateTask(unknown, running)));
    }
}
