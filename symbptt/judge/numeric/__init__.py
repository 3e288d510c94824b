"""Numbers: instances of a document, formulas evaluated in all their readings, and relations tried."""
