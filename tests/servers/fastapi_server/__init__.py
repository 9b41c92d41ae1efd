"""Worker API of LIKEPION: FastAPI, Pydantic 2, SQLAlchemy 2 and SQLite."""
