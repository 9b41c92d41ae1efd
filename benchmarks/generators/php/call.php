<?php
// Calls all operations with a client of openapi-generator. The first argument is the file that loads Guzzle.
declare(strict_types=1);

use GuzzleHttp\Client;
use OpenAPI\Client\Api\{CallbacksApi, HealthApi, LogsApi, TasksApi};
use OpenAPI\Client\{ApiException, Configuration};
use OpenAPI\Client\Model as M;

error_reporting(E_ALL);
require $argv[1];
spl_autoload_register(function (string $class): void {
    $prefix = 'OpenAPI\\Client\\';
    if (str_starts_with($class, $prefix)) {
        require __DIR__ . '/client/lib/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
    }
});

$world = json_decode((string) getenv('CALLS'), true);

function show(string $name, mixed $value): void
{
    echo "$name $value\n";
}

function with_key(string $key): Configuration
{
    global $world;
    return (new Configuration())->setHost($world['base_url'])->setApiKey('X-API-Key', $key);
}

function code(callable $call): string
{
    try {
        $call();
    } catch (ApiException $error) {
        $object = $error->getResponseObject();
        return $object instanceof M\ApiError ? $object->getError() : 'no object';
    }
    return 'no error';
}

$http = new Client();
$mine = with_key($world['api_key']);
[$tasks, $callbacks] = [new TasksApi($http, $mine), new CallbacksApi($http, $mine)];
$running = new M\TaskUpdate(['status' => M\TaskStatus::RUNNING]);

$beat = new M\Heartbeat(['server_name' => $world['server_name'], 'cpu_usage' => 4.5]);
show('heartbeat', (new HealthApi($http, $mine))->heartbeat($beat)->getData()->getServerName());
$page = $tasks->listTasks(null, 2, null, [M\TaskStatus::PENDING, M\TaskStatus::QUEUED]);
[$first, $second] = $page->getData();
show('listTasks', "{$first->getId()} of {$page->getTotal()}");
$last = $tasks->listTasks(null, 2, $page->getNextCursor());
show('nextPage', $last->getNextCursor() === null ? $last->getData()[0]->getId() : 'there is a next page');
show('updateTask', $tasks->updateTask($first->getId(), $running)->getData()->getLinkId());
$items = [
    new M\BulkItem(['link_id' => $first->getId(), 'status' => M\TaskStatus::COMPLETED]),
    new M\BulkItem(['link_id' => $world['foreign_task'], 'note' => 'x']),
];
$bulk = $tasks->bulkUpdateTasks(new M\BulkUpdate(['items' => $items]));
show('bulkUpdateTasks', $bulk->getResults()[1]->getError());
$logs = new M\LogBatch(['logs' => [new M\LogEntry(['level' => M\LogLevel::INFO, 'message' => 'done'])]]);
show('sendLogs', (new LogsApi($http, $mine))->sendLogs($logs)->getCreated());
$link = new M\LinkUpdate(['link_id' => $second->getId(), 'status' => M\TaskStatus::RUNNING]);
show('updateLink', $callbacks->updateLink($link)->getData()->getLinkId());
$completion = new M\LinkCompletion(['link_id' => $second->getId()]);
show('completeLink', $callbacks->completeLink($completion)->getData()->getLinkId());
$request = new M\RequestStatus(['request_id' => $first->getRequestId(), 'status' => 'completed']);
show('setRequestStatus', $callbacks->setRequestStatus($request)->getData()->getRequestId());
$account = new M\AccountStatus(['account_id' => $world['account'], 'status' => 'active']);
show('setAccountStatus', $callbacks->setAccountStatus($account)->getData()->getAccountId());
foreach ($tasks->listTasks(null, 100, null, [M\TaskStatus::COMPLETED])->getData() as $task) {
    if ($task->getId() === $second->getId() && $task->getStartedAt() instanceof DateTime) {
        show('completed', $task->getId());
    }
}

show('400', code(fn() => $tasks->listTasks(null, 2, $world['unknown_task'])));
show('401', code(fn() => (new TasksApi($http, with_key('a-key-of-nobody')))->listTasks()));
show('403', code(fn() => $tasks->updateTask($world['foreign_task'], $running)));
show('404', code(fn() => $tasks->updateTask($world['unknown_task'], $running)));
