"""A request to a source as it came, and what was made of it."""

from pydantic import BaseModel, ConfigDict


class RawDelivery(BaseModel):
    """An HTTP request to a source as it came, without the credentials in it."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    method: str
    query: str
    headers: dict[str, str]
    body: bytes


class ReadAs(BaseModel):
    """One event that a delivery was read as."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: str
    who: str | None = None
    case: str | None = None
