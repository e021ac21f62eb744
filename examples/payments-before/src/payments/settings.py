"""Settings, read from the environment once."""

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What the service needs to run."""

    database_url: str
    redis_url: str
    log_level: str = "INFO"


settings = Settings()
