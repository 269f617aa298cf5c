"""The catalogue of known mistakes: how people get these gradients wrong, planted in correct columns."""
