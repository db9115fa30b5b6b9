"""Under which name a recruiter, a team, a tenant and a source are counted. Pure."""


def of_recruiter(tenant: str, recruiter: str | None) -> str:
    """All of a tenant who name no recruiter are counted as one: leaving the name out is no way round."""
    return f"recruiter:{recruiter or f'{tenant}/unnamed'}"


def of_team(team: str) -> str:
    """A team of a tenant, by its key. Who names none is of none: many honest sources tell no team."""
    return f"team:{team}"


def of_tenant(tenant: str) -> str:
    """A tenant."""
    return f"tenant:{tenant}"


def of_source(tenant: str, source: str) -> str:
    """A source of a tenant."""
    return f"source:{tenant}:{source}"
