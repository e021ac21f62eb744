//! How rendered text came to be: which values are in it, and what else templates were given.

use plimsoll_project::{Given, ManifestUnit};
use plimsoll_source::{Background, Marks, Part, Place, ValueOrigin, ValueRole};

use crate::Cx;

/// The parts of a rendered text, with what is behind them.
pub(crate) struct Behind<'a>(Vec<(&'a Part, &'a Background)>);

/// What is behind the text at a place; `None` if it was written as it stands.
pub(crate) fn behind<'a>(cx: &Cx<'a>, place: Place) -> Option<Behind<'a>> {
    let map = cx.project.files.get(place.file).origins.as_ref()?;
    Some(Behind(map.behind(place.range).collect()))
}

impl<'a> Behind<'a> {
    /// All marks.
    pub(crate) fn marks(&self) -> Marks {
        let marks = self.0.iter().map(|(_, background)| background.marks);
        marks.fold(Marks::default(), Marks::join)
    }

    /// The parts, in order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'a Part, &'a Background)> + '_ {
        self.0.iter().copied()
    }

    /// The values that did this.
    pub(crate) fn values(&self, role: ValueRole) -> impl Iterator<Item = &'a ValueOrigin> + '_ {
        let all = self.0.iter();
        let all = all.flat_map(|(_, background)| background.values.iter());
        all.filter(move |value| value.role == role)
    }

    /// Whether nothing but the chart's own text is in it.
    pub(crate) fn is_fixed(&self) -> bool {
        !self.0.is_empty()
            && self.values(ValueRole::Content).next().is_none()
            && !self.marks().has(CONTENTS)
    }

    /// Whether a value decided over it whose path has one of these words.
    pub(crate) fn is_decided_by(&self, words: &[&str]) -> bool {
        self.values(ValueRole::Branch).any(|value| {
            let path = value.path.to_lowercase();
            words.iter().any(|word| path.contains(word))
        })
    }
}

/// Everything that templates can be given, as content.
const CONTENTS: Marks = Marks(0xffff);

/// What is another one after an upgrade of the same release, without a change to its values.
pub(crate) const CHANGING: Marks = Given::ChartVersion
    .content()
    .join(Given::AppVersion.content())
    .join(Given::Revision.content())
    .join(Given::Chance.content())
    .join(Given::Time.content());

/// Of what a text is made that is another one after an upgrade, in words.
pub(crate) fn changing(marks: Marks) -> &'static str {
    let of = |given: Given| marks.has(given.content());
    if of(Given::Chance) {
        "what is random"
    } else if of(Given::Time) {
        "the time"
    } else if of(Given::Revision) {
        "the revision of the release"
    } else if of(Given::ChartVersion) {
        "the version of the chart"
    } else {
        "the version of the application"
    }
}

/// The manifests that findings can stand in, each with its number and its render.
pub(crate) fn rendered<'a>(
    cx: &Cx<'a>,
) -> impl Iterator<Item = (usize, &'a ManifestUnit, usize)> + use<'a> {
    let project = cx.project;
    let units = project.manifests.iter().enumerate();
    units.filter_map(|(number, unit)| {
        let generated = project.generated(unit.file)?;
        generated
            .reported
            .then_some((number, unit, generated.render))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    /// A chart `c` of version 1.0.0 for the application 2.0.0, with these values and this one
    /// template.
    pub(crate) fn chart(values: &str, template: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: '2.0.0'\n//- /c/values.yaml\n{values}\n//- /c/templates/a.yaml\n{template}"
        )
    }

    /// The same with a Deployment, whose pod template has these annotations, and whose container
    /// ends with these lines.
    pub(crate) fn deployment(values: &str, annotations: &str, container: &str) -> String {
        chart(
            values,
            &format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata:\n      labels: {{app: web}}\n{annotations}    spec:\n      containers:\n        - name: web\n{container}"
            ),
        )
    }
}
