from __future__ import annotations

from tests.web.backoffice.conftest import clock, worker

__all__ = ["clock", "worker"]
