"""What only fourfold's makers run: a long search for a false alarm, and the measurements behind the limits."""
