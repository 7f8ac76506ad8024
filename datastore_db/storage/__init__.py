"""Blob Storage: containers and their keys, blobs, links to single pictures, and the sweep."""
