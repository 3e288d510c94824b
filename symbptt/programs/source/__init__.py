"""Expressions as source: `lowering` writes an expression, `dialect` says in which library's words."""
