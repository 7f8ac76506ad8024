"""How a document that fits its schema is made to keep the rules of its kind.

A kind that has rules beyond its schema has a module here, of its name, with a function `keep_rules`.
"""
