import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.*;

class WorkerTest {
    private static Workerkit mock;

    @BeforeAll static void startMock() throws Exception {
        mock = new Workerkit();
    }

    @AfterAll static void stopMock() {
        mock.close();
    }

    /** Runs the worker in a world. The variable WORKER is its command; without it, `java -jar worker.jar`. */
    private static void runWorker(String world) throws Exception {
        var command = System.getenv().getOrDefault("WORKER", "java -jar worker.jar");
        var worker = new ProcessBuilder("sh", "-c", command).inheritIO();
        worker.environment().put("LIKEPION_BASE_URL", Workerkit.text("base_url", world));
        worker.environment().put("LIKEPION_API_KEY", Workerkit.text("api_key", world));
        worker.environment().put("LIKEPION_SERVER_NAME", Workerkit.text("name", world));
        assertEquals(0, worker.start().waitFor());
    }

    @Test void theWorkerCompletesItsTask() throws Exception {
        String world = mock.call("POST", "/worlds", "{\"world\": {\"servers\": [{\"name\": \"server-01\"}]}}");
        String path = "/worlds/" + Workerkit.text("world", world);
        mock.call("POST", path + "/tasks", "{\"status\": \"pending\"}");
        runWorker(world);
        assertEquals("completed", Workerkit.text("status", mock.call("GET", path + "/tasks", "")));
    }

    @Test void theWorkerIsCarefulOnAQuietDay() throws Exception {
        String world = mock.call("POST", "/worlds", "{\"scenario\": \"quiet-day\"}");
        runWorker(world);
        String verdict = mock.call("GET", "/worlds/" + Workerkit.text("world", world) + "/verdict", "");
        assertEquals("pass", Workerkit.text("verdict", verdict), verdict);
    }
}
