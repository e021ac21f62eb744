//! Probes: from the health routes that the code has, with the patience that its runtime needs.

use super::Part;
use crate::emit::{Map, Node};
use crate::model::{Evidence, Known};
use crate::plan::Pace;

/// Said where a probe can only open a connection.
const NO_ROUTE: &str =
    "No health route was found in the code: this asks only whether the port accepts connections.";

impl Part<'_> {
    /// Adds the three probes of the container that serves.
    pub(super) fn probes(&self, container: Map) -> Map {
        let Some(port) = &self.running.port else {
            return container;
        };
        let health = &self.running.health;
        let (period, failures) = match self.running.pace {
            Pace::Instant => (1u32, 30u32),
            Pace::Quick => (2, 30),
            Pace::Slow => (5, 36),
        };
        let alive = health.liveness.as_ref();
        let ready = health.readiness.as_ref();
        let says = format!(
            "Unmeasured: {} s to start, by runtime. Raise `failureThreshold` if it needs longer.",
            period * failures
        );
        let timing = [Evidence::table(self.running.pace.says())];
        let because = |route: Option<&Known<String>>| -> Vec<Evidence> {
            let grounds = route.map_or(&port.evidence, |route| &route.evidence);
            grounds.iter().chain(&timing).cloned().collect()
        };
        let mut container = container
            .put(
                "startupProbe",
                handler(alive)
                    .put("periodSeconds", period)
                    .put("failureThreshold", failures),
            )
            .note(says)
            .why(&because(alive))
            .put(
                "readinessProbe",
                handler(ready)
                    .put("periodSeconds", 10u32)
                    .put("timeoutSeconds", 3u32),
            )
            .why(&because(ready));
        if ready.is_none() {
            container = container.note(NO_ROUTE);
        }
        container = container
            .put(
                "livenessProbe",
                handler(alive)
                    .put("periodSeconds", 30u32)
                    .put("timeoutSeconds", 5u32)
                    .put("failureThreshold", 3u32),
            )
            .why(&because(alive));
        match (alive, ready) {
            (Some(alive), Some(ready)) if alive.value == ready.value => container.note(
                "The same route as readiness, with more patience. If it asks the database, a \
                 database that is away restarts every pod: give liveness a route of its own.",
            ),
            (None, Some(_)) => container.note(
                "The routes found tell of readiness, and what is not ready is no reason to \
                 restart: this asks only whether the port accepts connections.",
            ),
            _ => container,
        }
    }
}

fn handler(route: Option<&Known<String>>) -> Map {
    match route {
        Some(route) => Map::new().put(
            "httpGet",
            Map::new()
                .put("path", route.value.as_str())
                .put("port", Node::from("http")),
        ),
        None => Map::new().put("tcpSocket", Map::new().put("port", "http")),
    }
}
