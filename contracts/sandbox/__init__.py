"""The sandbox: tasks that a run may change and puts back at the end."""
