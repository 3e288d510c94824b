"""What a document defines: the definitions that hold at a place, shapes, and losses that are left open."""
