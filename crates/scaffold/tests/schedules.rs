//! What runs by a clock, and how surely.

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::model::{Certainty, ProcessKind, Topic};
use plimsoll_testkit::fixture::{Fixture, tree};

/// `name|kind|command`; `?` after what is not stated, then the clocks of the process that serves.
fn processes(text: &str) -> Vec<String> {
    let survey = survey(&tree(&Fixture::parse("x", text)), "", &Told::default());
    let service = &survey.services[0];
    let mut lines: Vec<String> = service
        .processes
        .iter()
        .map(|process| {
            let kind = match &process.kind {
                ProcessKind::Worker => "worker",
                ProcessKind::Scheduler => "scheduler",
                ProcessKind::Cron(schedule) => schedule,
            };
            let doubt = if process.command.certainty < Certainty::Stated {
                "?"
            } else {
                ""
            };
            let command = process.command.value.join(" ");
            format!("{}|{kind}|{command}{doubt}", process.name)
        })
        .collect();
    lines.extend(
        service
            .timers
            .iter()
            .map(|timer| format!("timer {}", timer.value)),
    );
    let open = service.questions.iter();
    lines.extend(
        open.filter(|question| question.topic == Topic::Schedule)
            .map(|question| format!("open {}", question.evidence[0].file)),
    );
    lines
}

const WEB: &str = "//- /package.json\n{\"scripts\":{\"start\":\"node server.js\"},\"dependencies\":{\"express\":\"5\",\"node-cron\":\"4\"}}\n//- /package-lock.json\n{}\n";

#[test]
fn crontabs_become_jobs_that_are_likely() {
    let text = format!(
        "{WEB}//- /server.js\nrequire('express')().listen(3000)\n//- /Procfile\nweb: node server.js\ncron: supercronic crontab\n//- /crontab\n# nightly\n0 3 * * 7 root node jobs/clean.js >> /var/log/clean.log 2>&1\n*/5 * * * * node jobs/sync.js\n//- /README.md\n0 0 * * * node not.js\n"
    );
    assert_eq!(
        processes(&text),
        [
            "clean|0 3 * * 0|node jobs/clean.js?",
            "sync|*/5 * * * *|node jobs/sync.js?",
        ]
    );
}

#[test]
fn clocks_are_taken_apart_where_they_stand_alone() {
    let cron = "const cron = require('node-cron')\ncron.schedule('0 * * * *', run)\n";
    let within = format!("{WEB}//- /server.js\n{cron}require('express')().listen(3000)\n");
    assert_eq!(processes(&within), ["timer node-cron"]);
    let server = "require('express')().listen(3000)\n";
    let alone = format!("{WEB}//- /server.js\n{server}//- /src/cron.js\n{cron}");
    assert_eq!(processes(&alone), ["scheduler|scheduler|node src/cron.js?"]);
    let imported =
        format!("{WEB}//- /server.js\nrequire('./src/cron')\n{server}//- /src/cron.js\n{cron}");
    assert_eq!(processes(&imported), ["timer node-cron"]);
    let unknown = format!("{WEB}//- /server.js\n{server}//- /src/cron.ts\n{cron}");
    assert_eq!(processes(&unknown), ["open src/cron.ts"]);
}

#[test]
fn programs_that_wait_are_schedulers() {
    let text = "//- /requirements.txt\nflask\ngunicorn\napscheduler\n//- /app.py\nfrom flask import Flask\napp = Flask(__name__)\n//- /jobs.py\nfrom apscheduler.schedulers.blocking import BlockingScheduler\ns = BlockingScheduler()\ns.start()\n";
    assert_eq!(processes(text), ["scheduler|scheduler|python jobs.py?"]);
    let text = "//- /requirements.txt\nflask\ngunicorn\napscheduler\n//- /app.py\nfrom flask import Flask\nfrom apscheduler.schedulers.background import BackgroundScheduler\napp = Flask(__name__)\nBackgroundScheduler().start()\n";
    assert_eq!(processes(text), ["timer APScheduler"]);
}

#[test]
fn what_whenever_writes_becomes_jobs() {
    let text = "//- /Gemfile\ngem 'sinatra'\ngem 'puma'\ngem 'whenever', require: false\n//- /config.ru\nrun Sinatra::Application\n//- /config/schedule.rb\nset :output, 'log/cron.log'\nevery 1.day, at: '4:30 am' do\n  rake 'reports:send'\nend\nevery 2.months do\n  runner 'Old.clean'\nend\n";
    assert_eq!(
        processes(text),
        [
            "reports-send|30 4 * * *|bundle exec rake reports:send",
            "open config/schedule.rb",
        ]
    );
}
