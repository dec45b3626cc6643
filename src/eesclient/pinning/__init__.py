"""What makes a pinned version last."""
