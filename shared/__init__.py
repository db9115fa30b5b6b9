"""What more than one service must agree on: facts (pure) and edges (settings, store, bus)."""
