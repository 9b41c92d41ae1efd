"""The API page as data: its sentences, the rules for servers, and the spec without the silences."""
