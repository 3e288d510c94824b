"""The same gradients by several tools: a peer is a function from a task to a call that computes them."""
