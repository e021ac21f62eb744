use plimsoll_hpa::decide::Cause;
use plimsoll_hpa::{Flags, Time};

use super::{Explanation, explain, moved_words};
use crate::dump::{Dump, UsageFile, tests, time};

fn explained(text: &str, usage: Option<&str>) -> Explanation {
    let usage = usage.map(|text| UsageFile::read(text).unwrap());
    let mut dump = Dump::read(&[text.to_owned()], usage.as_ref(), "shop").unwrap();
    explain(&mut dump, &Flags::default(), None).unwrap()
}

#[test]
fn a_number_is_explained() {
    let found = explained(&tests::cluster(), Some(tests::USAGE));
    assert_eq!(found.now, time("2024-05-01T12:00:03Z").unwrap());
    let account = &found.accounts[0];
    let answer = account.account.answer.as_ref().unwrap();
    // 360m of 400m is 90 %; the pending pod counts as idle, which turns the ratio around.
    assert_eq!(answer.status.average_utilization, Some(90));
    assert!((answer.proposal.ratio - 1.125).abs() < 1e-9);
    assert!(answer.proposal.refilled.unwrap() < 1.0);
    assert_eq!(answer.proposal.replicas, 3);
    let counted = account.account.counted.as_ref().unwrap();
    assert_eq!(
        (counted.ready, &*counted.unready),
        (2, &["shop-3".to_owned()][..])
    );
    // 2 of 3 pods beyond 80 % × 1.1 of all three: 133 %.
    let up = account.up.as_ref().unwrap();
    assert_eq!(
        (up.status.average_utilization, up.proposal.replicas),
        (Some(133), 4)
    );
    // 72 % of 80 % is the lower end of the tolerance, where two pods would do.
    let down = account.down.as_ref().unwrap();
    assert_eq!(
        (down.status.average_utilization, down.proposal.replicas),
        (Some(71), 2)
    );
    let reach = found.reach.unwrap();
    assert_eq!((reach.up.replicas, reach.down.replicas), (6, 2));
    assert_eq!(found.outcome.rescaled, None);
    assert_eq!(
        moved_words(&found, [&[], &[]]),
        "the metrics propose to stay at 3"
    );
}

#[test]
fn what_holds_a_number_is_told_from_the_condition() {
    let low = tests::USAGE
        .replace("170000000n", "10m")
        .replace("190m", "10m");
    let free = explained(&tests::cluster(), Some(&low));
    assert_eq!(free.outcome.rescaled, Some(2));
    let text = tests::cluster().replace("ReadyForNewScale", "ScaleDownStabilized");
    let held = explained(&text, Some(&low));
    assert!(held.held);
    assert_eq!(held.outcome.rescaled, None);
    assert_eq!(
        moved_words(&held, [&[], &[]]),
        "the metrics propose 1, fewer than 3; a higher recommendation within the last 300 s holds it at 3"
    );
}

#[test]
fn changes_are_told_from_events() {
    let event = |size: i32, at: &str| {
        format!(
            "- apiVersion: v1\n  kind: Event\n  metadata: {{namespace: web}}\n  involvedObject: {{kind: HorizontalPodAutoscaler, name: shop}}\n  reason: SuccessfulRescale\n  message: 'New size: {size}; reason: x'\n  lastTimestamp: '{at}'\n"
        )
    };
    let behavior = "    maxReplicas: 9\n    behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 600}]}}\n";
    let text = tests::cluster().replace("    maxReplicas: 9\n", behavior)
        + &event(2, "2024-05-01T11:50:00Z")
        + &event(3, "2024-05-01T11:55:00Z");
    let found = explained(&text, Some(tests::USAGE));
    let at = |text: &str| time(text).unwrap();
    assert_eq!(
        found.changes,
        [
            (-1, at("2024-05-01T11:50:00Z")),
            (1, at("2024-05-01T11:55:00Z"))
        ]
    );
    let up = found.reach.unwrap().up;
    // Two in ten minutes, from the two that there were: one of them has come.
    assert_eq!((up.replicas, up.policy), (4, Some(0)));
    assert_eq!(up.frees, Some(at("2024-05-01T12:05:00Z")));
}

#[test]
fn a_metric_that_fails_is_said() {
    let text = tests::cluster().replace("requests: {cpu: 200m}", "requests: {memory: 1Gi}");
    let found = explained(&text, Some(tests::USAGE));
    let refusal = found.accounts[0].account.answer.as_ref().unwrap_err();
    assert_eq!(refusal.reason, "FailedGetResourceMetric");
    assert!(
        refusal
            .message
            .contains("missing request for cpu in container app")
    );
    assert!(found.outcome.decision.is_none());
}

#[test]
fn outside_the_range_no_metric_is_asked() {
    let text = tests::cluster().replace("replicas: 3, selector", "replicas: 12, selector");
    let found = explained(&text, None);
    let decision = found.outcome.decision.unwrap();
    assert_eq!((decision.desired, decision.cause), (9, Cause::AboveMax));
    assert!(found.now > Time::seconds(0));
}
