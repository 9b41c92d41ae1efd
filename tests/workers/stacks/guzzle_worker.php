<?php
// A worker with Guzzle and its retry middleware. Cron starts it every minute; it exits when no task waits.
declare(strict_types=1);

use GuzzleHttp\Client;
use GuzzleHttp\Exception\ConnectException;
use GuzzleHttp\Exception\GuzzleException;
use GuzzleHttp\Exception\RequestException;
use GuzzleHttp\HandlerStack;
use GuzzleHttp\Middleware;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseInterface;

require 'GuzzleHttp/autoload.php';

final class Refused extends RuntimeException
{
}

final class Worker
{
    private const TEMPORARY = [401, 408, 429, 500, 502, 503, 504];

    private Client $client;
    /** @var array<string, int> the retry_count of each task that has ended */
    private array $ended = [];
    /** @var array<string, true> */
    private array $refused = [];
    private array $logs = [];
    private int $lastHeartbeat = 0;
    private bool $stopping = false;

    public function __construct(private string $baseUrl, string $key, private string $name)
    {
        $stack = HandlerStack::create();
        $stack->push(Middleware::retry($this->shouldRetry(...), $this->delay(...)));
        $this->client = new Client([
            'handler' => $stack,
            'headers' => ['X-API-Key' => $key],
            'timeout' => 5.0,
            'connect_timeout' => 2.0,
            'http_errors' => true,
        ]);
        if (function_exists('pcntl_signal')) {
            pcntl_async_signals(true);
            pcntl_signal(SIGTERM, function (): void {
                $this->stopping = true;
            });
        }
    }

    public function run(): void
    {
        $this->heartbeat(0);
        $this->work($this->tasks('running'));
        for ($empty = 0; $empty < 3 && !$this->stopping;) {
            if ($empty > 0) {
                usleep(400_000 * $empty);
            }
            $tasks = array_slice($this->tasks('pending,queued'), 0, 30);
            $this->work($tasks);
            $this->sendLogs();
            $empty = $tasks ? 0 : $empty + 1;
        }
        $this->heartbeat(0);
    }

    private function work(array $tasks): void
    {
        foreach ($tasks as $task) {
            if ($this->stopping) {
                return;
            }
            try {
                $this->doTask($task);
            } catch (Refused $error) {
                $this->refused[$task['id']] = true;
                $this->log('WARN', "Task {$task['id']} refused: {$error->getMessage()}");
            }
            if (time() - $this->lastHeartbeat >= 5) {
                $this->heartbeat(1);
            }
        }
    }

    private function doTask(array $task): void
    {
        if ($task['status'] === 'pending') {
            $this->callback($task, ['status' => 'queued']);
        }
        if ($task['status'] !== 'running') {
            $this->callback($task, ['status' => 'running']);
        }
        $config = json_decode($task['config'] ?? '', true);
        if (is_array($config) && ($config['simulate'] ?? null) === 'fail') {
            $result = ['status' => 'failed', 'error_message' => 'The form was not found'];
        } else {
            $result = ['status' => 'completed', 'link_post' => "https://{$task['site_name']}/?p={$task['id']}"];
        }
        // PUT can be repeated safely. link/complete cannot: it counts the link each time.
        $this->send('PUT', "/tasks/{$task['id']}", ['json' => $result]);
        $this->ended[$task['id']] = $task['retry_count'];
        $this->log('INFO', "Task {$task['id']}: {$result['status']}");
    }

    private function callback(array $task, array $fields): void
    {
        $this->send('POST', '/callback/link/update', ['json' => ['link_id' => $task['id']] + $fields]);
    }

    /** @return list<array> the tasks with a status that are still to be done */
    private function tasks(string $status): array
    {
        $tasks = [];
        $query = ['status' => $status, 'limit' => 50];
        do {
            $page = $this->send('GET', '/tasks', ['query' => $query]);
            foreach ($page['data'] as $task) {
                $tasks[$task['id']] = $task;
            }
            $query['after'] = $page['next_cursor'] ?? null;
        } while ($page['data'] && $query['after']);
        $isOpen = fn (array $task): bool => !isset($this->refused[$task['id']])
            && ($this->ended[$task['id']] ?? -1) < $task['retry_count'];
        return array_values(array_filter($tasks, $isOpen));
    }

    /** Returns the JSON of the answer. Asks again as long as the answer is not from the API. */
    private function send(string $method, string $path, array $options): array
    {
        for ($attempt = 1; ; $attempt++) {
            try {
                $answer = json_decode((string) $this->client->request($method, $this->baseUrl . $path, $options)->getBody(), true);
                if (is_array($answer)) {
                    return $answer;
                }
                $problem = 'no JSON';
            } catch (RequestException $error) {
                if ($error->hasResponse() && !in_array($error->getResponse()->getStatusCode(), self::TEMPORARY, true)) {
                    $status = $error->getResponse()->getStatusCode();
                    // A body that was cut off is an error with a response of 200.
                    if ($status >= 400) {
                        throw new Refused("HTTP $status");
                    }
                }
                $problem = $error->getMessage();
            } catch (GuzzleException $error) {
                $problem = $error->getMessage();
            }
            if ($attempt === 10) {
                throw new RuntimeException("$method $path: $problem");
            }
            usleep(min(300_000 * 2 ** $attempt, 10_000_000));
        }
    }

    private function shouldRetry(int $retries, RequestInterface $request, ?ResponseInterface $response = null, ?Throwable $error = null): bool
    {
        if ($retries >= 6 || str_ends_with($request->getUri()->getPath(), '/logs')) {
            return false;
        }
        return $error instanceof ConnectException || ($response && in_array($response->getStatusCode(), self::TEMPORARY, true));
    }

    /** Milliseconds before the next attempt. */
    private function delay(int $retries, ?ResponseInterface $response = null): int
    {
        $after = $response ? $response->getHeaderLine('Retry-After') : '';
        $asked = match (true) {
            $after === '' => 0,
            is_numeric($after) => (int) $after * 1000,
            default => max(0, strtotime($after) - time()) * 1000,
        };
        return max($asked, 200 * 2 ** ($retries - 1) + random_int(0, 100));
    }

    private function heartbeat(int $active): void
    {
        $this->lastHeartbeat = time();
        $this->tell('/health', [
            'server_name' => $this->name,
            'ip' => '10.0.3.3',
            'cpu_usage' => sys_getloadavg()[0],
            'ram_usage' => memory_get_usage() / 1e6,
            'disk_usage' => 12.5,
            'active_threads' => 1,
            'active_tasks' => $active,
        ]);
    }

    private function log(string $level, string $message): void
    {
        $this->logs[] = ['level' => $level, 'message' => $message];
    }

    private function sendLogs(): void
    {
        foreach (array_chunk($this->logs, 500) as $batch) {
            $this->tell('/logs', ['logs' => $batch]);
        }
        $this->logs = [];
    }

    /** Sends something that the work does not depend on. */
    private function tell(string $path, array $body): void
    {
        try {
            $this->client->post($this->baseUrl . $path, ['json' => $body]);
        } catch (GuzzleException $error) {
            error_log("$path: {$error->getMessage()}");
        }
    }
}

(new Worker(getenv('LIKEPION_BASE_URL'), getenv('LIKEPION_API_KEY'), getenv('LIKEPION_SERVER_NAME')))->run();
