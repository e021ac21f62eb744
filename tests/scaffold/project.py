"""A project whose service needs PostgreSQL and Redis beside it.

Their images come from the registry on loopback under the names that the Compose file has for them.
"""

import json

from service import Service, expect, output, run


class Project(Service):
    """One project: its sources, what `init` wrote for it, and its containers."""

    folder = "projects"

    def lives(self):
        """From the first start to a second one, which finds what the first one kept."""
        for service, said in self.project["services"].items():
            if said.get("build", {}).get("target") == "runtime" and service != self.service:
                run([*self.docker, "tag", self.tag, self.image_of(service)])
        healthy = self.up()
        container = self.container(self.service)
        migration = self.container(f"{self.service}-migrate")
        template = "{{.State.Status}} {{.State.ExitCode}}"
        ended = output([*self.docker, "inspect", "--format", template, migration])
        expect("the migration", ended, "exited 0")
        self.strict(container)
        self.answer("first", ["first"], 1)
        self.answer("second", ["first", "second"], 2)
        # Not the service alone says so.
        rows = 'PGPASSWORD=$POSTGRES_PASSWORD psql -U visits -tAc "SELECT count(*) FROM visits"'
        expect("rows", self.ask("exec", "-T", "postgres", "sh", "-c", rows), "2")
        expect("count", self.ask("exec", "-T", "redis", "redis-cli", "get", "visits"), "2")
        stopped = self.stops(container)
        self.up()
        self.answer("third", ["first", "second", "third"], 3)
        return healthy, stopped

    def answer(self, who, kept, counted):
        """It answers through both services."""
        said = json.loads(self.get(f"/?who={who}"))
        expect("answer", said, {"kept": kept, "counted": counted})
