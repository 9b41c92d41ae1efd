"""`workerkit watch`: a mock in the terminal, live. It uses only the control plane, over HTTP."""
