"""Manifests whose Compose file `plimsoll init --from manifests` writes.

The Dockerfile is the tree's own; what docker compose starts is the file as it is written.
"""

from service import Service, expect


class Manifests(Service):
    """One set of manifests with the sources of its image, and the containers of both."""

    folder = "manifests"
    targets = ["the last stage"]

    def lives(self):
        """From the first start to a second one, which goes on counting."""
        healthy = self.up()
        container = self.container(self.service)
        self.healthy(self.container("store"))
        self.strict(container)
        self.answer(1)
        self.answer(2)
        stopped = self.stops(container)
        self.ask("down", "--timeout", "5")
        self.up()
        self.answer(3)
        return healthy, stopped

    def answer(self, count):
        """It answers with what a ConfigMap says and the store behind it counts."""
        expect("answer", self.get("/").decode(), f"hello {count}")
