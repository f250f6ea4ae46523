# The types that come with the checker are those of an older WTForms; forms are judged by their tests.
from typing import Any

def __getattr__(name: str) -> Any: ...
