"""Mail: a row first, sent later by the worker."""
