// A daemon with net/http. A reader puts tasks into a channel, and three goroutines do them. A completion goes to
// the callback link/complete; after an attempt without an answer the task is looked up first.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	consumers = 3
	pageSize  = 100
	poll      = time.Second
	beat      = 4 * time.Second
)

type Task struct {
	ID         string  `json:"id"`
	SiteName   string  `json:"site_name"`
	Username   string  `json:"username"`
	Status     string  `json:"status"`
	RetryCount int     `json:"retry_count"`
	Config     *string `json:"config"`
}

type page struct {
	Data       []Task  `json:"data"`
	NextCursor *string `json:"next_cursor"`
}

type logEntry struct {
	Level   string `json:"level"`
	Message string `json:"message"`
}

// StatusError is an answer that is not 200.
type StatusError struct {
	Status     int
	RetryAfter time.Duration
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Status) }

func (e *StatusError) temporary() bool {
	return e.Status == 401 || e.Status == 429 || e.Status >= 500
}

// A Client calls the API.
type Client struct {
	base, key string
	http      *http.Client
}

// once sends a request once and decodes the answer into out.
func (c *Client) once(ctx context.Context, method, path string, body, out any) error {
	var reader *bytes.Reader = bytes.NewReader(nil)
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return err
	}
	request.Header.Set("X-API-Key", c.key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return &StatusError{answer.StatusCode, retryAfter(answer.Header.Get("Retry-After"))}
	}
	return json.NewDecoder(answer.Body).Decode(out)
}

func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return time.Until(date)
	}
	return 0
}

// call repeats a request until it is answered. arrived, if it is not nil, says before each repetition whether an
// earlier attempt was stored although its answer was lost.
func (c *Client) call(method, path string, body, out any, arrived func() bool) error {
	pause := 200 * time.Millisecond
	for attempt := 0; attempt < 20; attempt++ {
		if attempt > 0 && arrived != nil && arrived() {
			return nil
		}
		err := c.once(context.Background(), method, path, body, out)
		var status *StatusError
		if err == nil {
			return nil
		}
		wait := pause/2 + time.Duration(rand.Int63n(int64(pause)))
		if errors.As(err, &status) {
			if !status.temporary() {
				return err
			}
			if status.RetryAfter > wait {
				wait = status.RetryAfter
			}
		}
		log.Printf("%s %s: %v; next attempt in %v", method, path, err, wait)
		time.Sleep(wait)
		if pause < 6*time.Second {
			pause *= 2
		}
	}
	return fmt.Errorf("%s %s: no answer after 20 attempts", method, path)
}

// list returns all tasks with a status, each once.
func (c *Client) list(status string) ([]Task, error) {
	query := url.Values{"status": {status}, "limit": {strconv.Itoa(pageSize)}}
	seen := map[string]bool{}
	var tasks []Task
	for {
		var p page
		if err := c.call("GET", "/tasks?"+query.Encode(), nil, &p, nil); err != nil {
			return nil, err
		}
		for _, task := range p.Data {
			if !seen[task.ID] {
				seen[task.ID] = true
				tasks = append(tasks, task)
			}
		}
		if p.NextCursor == nil || *p.NextCursor == "" || len(p.Data) == 0 {
			return tasks, nil
		}
		query.Set("after", *p.NextCursor)
	}
}

// isRunning says whether a task is listed as running. It is true if the API does not tell.
func (c *Client) isRunning(id string) bool {
	tasks, err := c.list("running")
	if err != nil {
		return true
	}
	for _, task := range tasks {
		if task.ID == id {
			return true
		}
	}
	return false
}

// A Worker does the tasks of one server.
type Worker struct {
	client *Client
	name   string

	mutex   sync.Mutex
	claimed map[string]bool // tasks in the channel or in work
	ended   map[string]int  // retry_count at the end of a task
	refused map[string]bool
	logs    []logEntry
}

func (w *Worker) log(level, format string, values ...any) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.logs = append(w.logs, logEntry{level, fmt.Sprintf(format, values...)})
}

// claim says whether the task is to be done now, by us.
func (w *Worker) claim(task Task) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	retries, isEnded := w.ended[task.ID]
	if w.claimed[task.ID] || w.refused[task.ID] || isEnded && retries >= task.RetryCount {
		return false
	}
	w.claimed[task.ID] = true
	return true
}

func (w *Worker) release(task Task, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.claimed, task.ID)
	if err == nil {
		w.ended[task.ID] = task.RetryCount
	} else {
		w.refused[task.ID] = true
	}
}

func (w *Worker) consume(tasks <-chan Task) {
	for task := range tasks {
		err := w.do(task)
		w.release(task, err)
		if err != nil {
			w.log("WARN", "task %s: %v", task.ID, err)
		} else {
			w.log("INFO", "task %s: done", task.ID)
		}
	}
}

func (w *Worker) do(task Task) error {
	var answer any
	next := map[string][]string{"pending": {"queued", "running"}, "queued": {"running"}}
	for _, status := range next[task.Status] {
		if err := w.client.call("PUT", "/tasks/"+task.ID, map[string]string{"status": status}, &answer, nil); err != nil {
			return err
		}
	}
	link, err := publish(task)
	gone := func() bool { return !w.client.isRunning(task.ID) }
	if err != nil {
		report := map[string]string{"status": "failed", "error_message": err.Error()}
		return w.client.call("PUT", "/tasks/"+task.ID, report, &answer, gone)
	}
	report := map[string]string{"link_id": task.ID, "link_profile": link, "link_post": link + "/" + task.ID}
	return w.client.call("POST", "/callback/link/complete", report, &answer, gone)
}

// publish stands for the work at the site.
func publish(task Task) (string, error) {
	var config struct {
		Simulate string `json:"simulate"`
	}
	if task.Config != nil {
		_ = json.Unmarshal([]byte(*task.Config), &config) // a config need not be JSON
	}
	if config.Simulate == "fail" {
		return "", errors.New("the site answered 503")
	}
	return fmt.Sprintf("https://%s/%s", task.SiteName, url.PathEscape(task.Username)), nil
}

func (w *Worker) heartbeat() {
	w.mutex.Lock()
	active := len(w.claimed)
	w.mutex.Unlock()
	w.post("/health", map[string]any{
		"server_name": w.name, "ip": "192.168.7.7", "cpu_usage": 7.5, "ram_usage": 21.25, "disk_usage": 64.0,
		"active_threads": consumers, "active_tasks": active,
	})
}

func (w *Worker) sendLogs() {
	w.mutex.Lock()
	batch := w.logs
	if len(batch) > 500 {
		batch = batch[:500]
	}
	w.logs = w.logs[len(batch):]
	w.mutex.Unlock()
	if len(batch) > 0 {
		w.post("/logs", map[string]any{"logs": batch})
	}
}

// post sends something that the work does not depend on.
func (w *Worker) post(path string, body any) {
	var answer any
	if err := w.client.once(context.Background(), "POST", path, body, &answer); err != nil {
		log.Printf("%s: %v", path, err)
	}
}

func (w *Worker) every(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// read puts tasks into the channel until the context ends.
func (w *Worker) read(ctx context.Context, tasks chan<- Task) {
	status := "running" // first what an earlier run has left
	for {
		listed, err := w.client.list(status)
		if err != nil {
			log.Print(err)
		}
		for _, task := range listed {
			if ctx.Err() != nil {
				return
			}
			if !w.claim(task) {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case tasks <- task:
			}
		}
		status = "pending,queued"
		select {
		case <-ctx.Done():
			return
		case <-time.After(poll):
		}
	}
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	worker := &Worker{
		client: &Client{
			base: os.Getenv("LIKEPION_BASE_URL"),
			key:  os.Getenv("LIKEPION_API_KEY"),
			http: &http.Client{Timeout: 5 * time.Second},
		},
		name:    os.Getenv("LIKEPION_SERVER_NAME"),
		claimed: map[string]bool{},
		ended:   map[string]int{},
		refused: map[string]bool{},
	}
	go worker.every(ctx, beat, worker.heartbeat)
	go worker.every(ctx, time.Second, worker.sendLogs)
	tasks := make(chan Task)
	var group sync.WaitGroup
	for i := 0; i < consumers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			worker.consume(tasks)
		}()
	}
	worker.read(ctx, tasks)
	close(tasks)
	group.Wait()
	worker.sendLogs()
}
