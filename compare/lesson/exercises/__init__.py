"""The lesson's seven exercises, each answered by an experiment in every column: a file an exercise."""
