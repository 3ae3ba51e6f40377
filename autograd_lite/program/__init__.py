"""Programs of primitive array calls: how one is recorded, what a call means, and what leaves it readable."""
