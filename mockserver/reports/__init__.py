"""Reports of commands: one data model, and writers for HTML, JUnit XML, Markdown and the terminal."""
