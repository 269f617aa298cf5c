"""The lesson's numbers, and its exercises answered by experiments. Every number that is shown has been judged."""
