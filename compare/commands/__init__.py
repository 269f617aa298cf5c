"""The verbs of the command line, one a file: thin, no mathematics. The one room that knows all others."""
