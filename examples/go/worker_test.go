package worker

import (
	"os"
	"os/exec"
	"testing"
)

// newWorld makes a world: an API key with its own tasks. It returns the URL of its control plane and the environment.
func newWorld(t *testing.T, controlURL, options string) (worldURL string, environment []string) {
	var world struct {
		World, Base_URL string
		Servers         []struct{ Name, API_Key string }
	}
	call(t, "POST", controlURL+"/worlds", options, &world)
	server := world.Servers[0]
	return controlURL + "/worlds/" + world.World, append(os.Environ(), "LIKEPION_BASE_URL="+world.Base_URL,
		"LIKEPION_API_KEY="+server.API_Key, "LIKEPION_SERVER_NAME="+server.Name)
}

// runWorker runs the worker until it ends. The variable WORKER is its command; without it, `go run .`.
func runWorker(t *testing.T, environment []string) {
	command := os.Getenv("WORKER")
	if command == "" {
		command = "go run ."
	}
	worker := exec.Command("sh", "-c", command)
	worker.Env, worker.Stderr = environment, os.Stderr
	if err := worker.Run(); err != nil {
		t.Fatalf("the worker: %v", err)
	}
}

func TestTheWorkerCompletesItsTask(t *testing.T) {
	worldURL, environment := newWorld(t, startMock(t), `{"world": {"servers": [{"name": "server-01"}]}}`)
	call(t, "POST", worldURL+"/tasks", `{"status": "pending"}`, &struct{}{})
	runWorker(t, environment)
	var list struct{ Tasks []struct{ Status string } }
	call(t, "GET", worldURL+"/tasks", "", &list)
	if len(list.Tasks) != 1 || list.Tasks[0].Status != "completed" {
		t.Errorf("the task is not completed: %v", list.Tasks)
	}
}

func TestTheWorkerIsCarefulOnAQuietDay(t *testing.T) {
	worldURL, environment := newWorld(t, startMock(t), `{"scenario": "quiet-day"}`)
	runWorker(t, environment)
	var verdict struct {
		Verdict string
		Broken  []struct{ Rule, Message string }
	}
	call(t, "GET", worldURL+"/verdict", "", &verdict)
	if verdict.Verdict != "pass" {
		t.Errorf("broken: %v", verdict.Broken)
	}
}
