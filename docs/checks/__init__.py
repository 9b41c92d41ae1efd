"""What `make check` finds in documents: unknown words, links that lead nowhere, pictures without words."""
