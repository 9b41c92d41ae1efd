import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A worker with java.net.http.HttpClient and a pool of four threads. It exits when no task waits.
 * Start it with `java -cp gson.jar JavaWorker.java`.
 */
public final class JavaWorker {
    private static final String BASE = System.getenv("LIKEPION_BASE_URL");
    private static final String KEY = System.getenv("LIKEPION_API_KEY");
    private static final String NAME = System.getenv("LIKEPION_SERVER_NAME");
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int MOST_ATTEMPTS = 25;
    private static final int THREADS = 4;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(3)).build();
    private final Gson gson = new Gson();
    private final Map<String, Integer> ended = new ConcurrentHashMap<>();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<JsonObject> logs = new ConcurrentLinkedQueue<>();
    private volatile boolean stopping;

    /** The API will not accept this request, however often it is sent. */
    private static final class RefusedException extends Exception {
        RefusedException(int status) {
            super("HTTP " + status);
        }
    }

    public static void main(String[] arguments) throws Exception {
        JavaWorker worker = new JavaWorker();
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> worker.stop(main)));
        worker.run();
    }

    private void stop(Thread main) {
        stopping = true;
        try {
            main.join(4000);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        timer.scheduleWithFixedDelay(this::heartbeat, 0, 5, TimeUnit.SECONDS);
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            work(pool, list("running"));
            int empty = 0;
            while (empty < 3 && !stopping) {
                List<JsonObject> tasks = list("pending,queued");
                tasks = tasks.subList(0, Math.min(40, tasks.size()));
                work(pool, tasks);
                sendLogs();
                empty = tasks.isEmpty() ? empty + 1 : 0;
                if (empty > 0) {
                    Thread.sleep(500L * empty);
                }
            }
        } finally {
            pool.shutdown();
            timer.shutdownNow();
        }
        sendLogs();
    }

    private void work(ExecutorService pool, List<JsonObject> tasks) throws Exception {
        List<Callable<Void>> jobs = new ArrayList<>();
        for (JsonObject task : tasks) {
            jobs.add(() -> {
                work(task);
                return null;
            });
        }
        for (var job : pool.invokeAll(jobs)) {
            job.get();
        }
    }

    private void work(JsonObject task) throws Exception {
        if (stopping) {
            return;
        }
        String id = task.get("id").getAsString();
        String status = task.get("status").getAsString();
        try {
            if (status.equals("pending")) {
                update(id, Map.of("status", "queued"));
            }
            if (!status.equals("running")) {
                update(id, Map.of("status", "running"));
            }
            Map<String, String> result = publish(task);
            update(id, result);
            ended.put(id, task.get("retry_count").getAsInt());
            log("INFO", "Task " + id + " " + result.get("status"));
        } catch (RefusedException error) {
            refused.add(id);
            log("WARN", "Task " + id + " refused: " + error.getMessage());
        }
    }

    /** Stands for the real work. Returns the fields of the report. */
    private Map<String, String> publish(JsonObject task) {
        if (isMeantToFail(task.get("config"))) {
            return Map.of("status", "failed", "error_message", "Site returned an error");
        }
        String site = "https://" + task.get("site_name").getAsString();
        return Map.of(
                "status", "completed",
                "link_profile", site + "/user/" + task.get("username").getAsString(),
                "link_post", site + "/post/" + task.get("id").getAsString());
    }

    private boolean isMeantToFail(JsonElement config) {
        try {
            JsonObject settings = gson.fromJson(config.getAsString(), JsonObject.class);
            return settings != null && settings.has("simulate") && settings.get("simulate").getAsString().equals("fail");
        } catch (JsonParseException | UnsupportedOperationException | IllegalStateException error) {
            return false;
        }
    }

    private void update(String id, Map<String, String> fields) throws Exception {
        call("PUT", "/tasks/" + id, fields);
    }

    private List<JsonObject> list(String status) throws Exception {
        Map<String, JsonObject> tasks = new LinkedHashMap<>();
        String after = "";
        while (true) {
            JsonObject page = call("GET", "/tasks?status=" + status + "&limit=100" + after, null);
            JsonArray data = page.getAsJsonArray("data");
            for (JsonElement element : data) {
                JsonObject task = element.getAsJsonObject();
                tasks.put(task.get("id").getAsString(), task);
            }
            JsonElement cursor = page.get("next_cursor");
            if (data.isEmpty() || cursor == null || cursor.isJsonNull()) {
                tasks.values().removeIf(this::isDone);
                return new ArrayList<>(tasks.values());
            }
            after = "&after=" + cursor.getAsString();
        }
    }

    private boolean isDone(JsonObject task) {
        String id = task.get("id").getAsString();
        return refused.contains(id) || ended.getOrDefault(id, -1) >= task.get("retry_count").getAsInt();
    }

    /** Sends a request until it is accepted or refused. The pauses double, up to eight seconds. */
    private JsonObject call(String method, String path, Object body) throws Exception {
        long pause = 250;
        for (int attempt = 1; ; attempt++) {
            long retryAfter = 0;
            String problem;
            try {
                HttpResponse<String> response = send(method, path, body);
                int status = response.statusCode();
                if (status == 200) {
                    return parse(response.body());
                }
                if (status != 401 && status != 408 && status != 429 && status < 500) {
                    throw new RefusedException(status);
                }
                problem = "HTTP " + status;
                retryAfter = secondsIn(response.headers().firstValue("Retry-After").orElse("0"));
            } catch (IOException | JsonParseException error) {
                problem = error.toString();
            }
            if (attempt == MOST_ATTEMPTS) {
                throw new IOException(method + " " + path + ": " + problem);
            }
            Thread.sleep(Math.max(retryAfter * 1000, pause + ThreadLocalRandom.current().nextLong(100)));
            pause = Math.min(pause * 2, 8000);
        }
    }

    private HttpResponse<String> send(String method, String path, Object body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(BASE + path)).timeout(TIMEOUT).header("X-API-Key", KEY);
        if (body == null) {
            request.method(method, BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json").method(method, BodyPublishers.ofString(gson.toJson(body)));
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private JsonObject parse(String text) {
        JsonObject answer = gson.fromJson(text, JsonObject.class);
        if (answer == null) {
            throw new JsonParseException("an empty answer");
        }
        return answer;
    }

    private static long secondsIn(String retryAfter) {
        try {
            return Long.parseLong(retryAfter);
        } catch (NumberFormatException error) {
            return 1;
        }
    }

    private void heartbeat() {
        Runtime runtime = Runtime.getRuntime();
        double used = 100.0 * (runtime.totalMemory() - runtime.freeMemory()) / runtime.maxMemory();
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("server_name", NAME);
        body.put("ip", "10.0.0.12");
        body.put("cpu_usage", 5.5);
        body.put("ram_usage", used);
        body.put("disk_usage", 48.0);
        body.put("active_threads", THREADS);
        body.put("active_tasks", 0);
        post("/health", body);
    }

    private void log(String level, String message) {
        JsonObject entry = new JsonObject();
        entry.addProperty("level", level);
        entry.addProperty("message", message + " at " + Instant.now());
        logs.add(entry);
    }

    private void sendLogs() {
        List<JsonObject> batch = new ArrayList<>();
        while (batch.size() < 500 && !logs.isEmpty()) {
            batch.add(logs.poll());
        }
        if (!batch.isEmpty()) {
            post("/logs", Map.of("logs", batch));
        }
    }

    /** Sends something that nobody waits for. */
    private void post(String path, Object body) {
        try {
            int status = send("POST", path, body).statusCode();
            if (status != 200) {
                System.err.println(path + ": HTTP " + status);
            }
        } catch (IOException error) {
            System.err.println(path + ": " + error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }
}
