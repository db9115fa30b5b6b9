"""Under which name a recruiter, a tenant and a source are counted. Pure."""


def of_recruiter(tenant: str, recruiter: str | None) -> str:
    """All of a tenant who name no recruiter are counted as one: leaving the name out is no way round."""
    return f"recruiter:{recruiter or f'{tenant}/unnamed'}"


def of_tenant(tenant: str) -> str:
    """A tenant."""
    return f"tenant:{tenant}"


def of_source(tenant: str, source: str) -> str:
    """A source of a tenant."""
    return f"source:{tenant}:{source}"
