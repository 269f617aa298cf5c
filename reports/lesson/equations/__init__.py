"""What the lesson says of E1 to E26, a file a part. Only words: nothing is computed or drawn here."""
