"""`pytest --conform URL`: each rule of the API page is a test. The pytest plugin loads this folder for it."""
