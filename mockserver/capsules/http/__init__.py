"""HTTP/1.1 cut into messages; a bare client."""
