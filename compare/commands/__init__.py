"""The command line, a file a command: thin, no mathematics. The one room that knows all others."""
