"""How to mend a server that breaks a rule: a request, a wrong and the right answer, and the usual cause."""
