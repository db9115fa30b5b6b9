"""The same stage as policy's, for what all consumers share."""

from tests.integration.policy.conftest import stage

__all__ = ["stage"]
