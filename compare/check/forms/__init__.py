"""The forms in which people write a backward pass: finds them in a file, and says how to call them. Judges nothing."""
