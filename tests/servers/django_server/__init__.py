"""Worker API of LIKEPION: Django, Django REST Framework, SQLite, waitress."""
