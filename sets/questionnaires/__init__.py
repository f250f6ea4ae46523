"""The extra questions of the form: their types, their versions, and the answers' shape."""
