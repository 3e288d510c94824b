r"""Gradients that a document writes as names: dW, df_t, \delta 12, and what one step adds to them."""
