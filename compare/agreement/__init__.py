"""Ties columns and judge together: certifies a column, locates what is wrong, runs the suite. Prints nothing."""
