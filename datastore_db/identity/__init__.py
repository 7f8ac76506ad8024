"""Credentials without an account key or a password: the identity that a process has in Azure. See docs/azure.md."""
