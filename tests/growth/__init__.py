"""Calls of every function that takes a document or an array, with as many items as a test asks for."""
