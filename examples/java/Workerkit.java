import java.io.IOException;
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.util.regex.*;

/** A mock of the Worker API for tests. It needs the command workerkit in the PATH. */
final class Workerkit implements AutoCloseable {
    private final Process process;
    private final String controlUrl;

    Workerkit() throws IOException {
        Path file = Files.createTempDirectory("workerkit").resolve("ready.json");
        process = new ProcessBuilder("workerkit", "serve", "--port", "0", "--ready-file", file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        process.inputReader().readLine(); // then the ready file is complete
        controlUrl = text("control_url", Files.readString(file));
    }

    /** Sends a request to the control plane and returns the answer. */
    String call(String method, String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(controlUrl + path)).header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) throw new IOException(method + " " + path + ": " + answer.body());
        return answer.body();
    }

    /** The first text of this name in an answer. With a JSON library, use that instead. */
    static String text(String name, String json) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\\s*\"([^\"]*)\"").matcher(json);
        if (!matcher.find()) throw new IllegalArgumentException("no " + name + " in " + json);
        return matcher.group(1);
    }

    @Override public void close() {
        process.destroy();
    }
}
