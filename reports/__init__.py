"""Result files -> pages and pictures. Imports no framework and runs no column."""
