"""HTTP messages and the client's connection; knows no world."""
