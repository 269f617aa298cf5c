"""Who is right, and nothing else: numbers in, verdict out. No process, no file, no column."""
