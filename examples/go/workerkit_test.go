package worker

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startMock starts a mock of the Worker API until the test ends. It needs the command workerkit in the PATH.
func startMock(t *testing.T) (controlURL string) {
	file := filepath.Join(t.TempDir(), "ready.json")
	mock := exec.Command("workerkit", "serve", "--port", "0", "--ready-file", file)
	output, err := mock.StdoutPipe()
	must(t, err)
	must(t, mock.Start())
	t.Cleanup(func() { mock.Process.Signal(os.Interrupt); mock.Wait() })
	_, err = bufio.NewReader(output).ReadString('\n') // then the ready file is complete
	must(t, err)
	ready, err := os.ReadFile(file)
	must(t, err)
	var addresses struct{ Control_URL string }
	must(t, json.Unmarshal(ready, &addresses))
	return addresses.Control_URL
}

// call sends a request to the control plane and reads the answer into result.
func call(t *testing.T, method, url, body string, result any) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	must(t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, url, answer.Status)
	}
	must(t, json.NewDecoder(answer.Body).Decode(result))
}
