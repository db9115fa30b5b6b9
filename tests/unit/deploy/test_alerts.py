"""What Prometheus is told."""

import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from shared.telemetry import Metrics

ROOT = Path(__file__).parents[3]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
PORTS = {"intake": 8080, "desk": 8081, "policy": 8082, "notifier": 8083, "worker": 8084}


def test_each_alert_asks_for_metrics_that_there_are() -> None:
    """A renamed metric would silence its alert for good."""
    registry = CollectorRegistry()
    Metrics(registry)
    exposed = {family.name + ("_total" if family.type == "counter" else "") for family in registry.collect()}
    asked = {name for rule in RULES for name in re.findall(r"afterword_\w+", rule["expr"])}
    assert asked
    assert asked <= exposed


def test_the_operators_page_says_what_each_alert_means() -> None:
    """An alert without a next step is noise."""
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    assert not [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in page]


def test_each_service_is_scraped_on_the_port_it_listens_on() -> None:
    """As docker-compose.yml sets it."""
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    scraped = {job["job_name"]: job["dns_sd_configs"][0]["port"] for job in jobs if "dns_sd_configs" in job}
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    listening = {name: int(compose[name]["environment"]["AFTERWORD_HTTP_PORT"]) for name in PORTS}
    assert scraped == listening == PORTS
