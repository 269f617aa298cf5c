"""What was found, as data and in words; what differs between two results. Asks no column and judges nothing."""
