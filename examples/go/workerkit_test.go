package worker

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// startMock starts a mock of the Worker API until the test ends. It needs the command workerkit in the PATH.
func startMock(t *testing.T) (controlURL string) {
	file := t.TempDir() + "/ready.json"
	mock := exec.Command("workerkit", "serve", "--port", "0", "--ready-file", file)
	mock.Stderr = os.Stderr
	output, _ := mock.StdoutPipe()
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mock.Process.Kill(); _ = mock.Wait() })
	_, _ = output.Read(make([]byte, 1)) // the ready file is complete before the mock prints its first line
	var addresses struct{ Control_URL string }
	if ready, err := os.ReadFile(file); err != nil || json.Unmarshal(ready, &addresses) != nil {
		t.Fatalf("workerkit serve does not start: %v", err)
	}
	return addresses.Control_URL
}

// call sends a request to the control plane and reads the answer into result.
func call(t *testing.T, method, url, body string, result any) {
	request, _ := http.NewRequest(method, url, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if answer, err := http.DefaultClient.Do(request); err != nil {
		t.Fatal(err)
	} else if err = json.NewDecoder(answer.Body).Decode(result); err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %s, %v", method, url, answer.Status, err)
	}
}
