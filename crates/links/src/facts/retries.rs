//! Whether a text of a program shows that it tries again to reach its database.
//!
//! A look at words, not at what the program does: a word for trying again, and around it one for
//! a database and one that waits (or a library that does).

/// Words for trying again.
const AGAIN: &[&str] = &["attempt", "backoff", "retries", "retry"];

/// How far around such a word the others are looked for, in bytes.
const AROUND: usize = 1_500;

/// The most places of one word that are looked at.
const MOST: usize = 20;

/// Calls and names of those who talk to a database, in lower case.
const DATABASE: &[&str] = &[
    ".authenticate(",
    // Also of extensions: `app.MigrateOrdersDb()`.
    ".migrate",
    ".ping(",
    "asyncpg",
    "create_engine",
    "createconnection",
    "createpool",
    "datasource",
    "dbcontext",
    "getconnection(",
    "gorm.open",
    "migrate.new",
    "mongo.connect",
    "mongoclient",
    "mongoose.connect",
    "mysql.connector",
    "mysqli",
    "new pool(",
    "npgsql",
    "operationalerror",
    "pdo(",
    "pgpool",
    "pgxpool",
    "prisma",
    "psycopg",
    "pymysql",
    "sequelize",
    "sql.open",
    "sqlconnection",
    "sqlexception",
    "sqlx",
];

/// Calls that wait, and libraries that do so between attempts, in lower case.
const WAITS: &[&str] = &[
    "@retry",
    "asyncio.sleep(",
    "backoff.",
    "delay(",
    "retry.do(",
    "retrytemplate",
    "setinterval(",
    "settimeout(",
    "sleep(",
    "tenacity",
    "thread.sleep",
    "time.after(",
    "tokio::time::sleep",
    "waitandretry",
];

/// Words of start scripts that wait.
const SCRIPTED: &[&str] = &[
    "dockerize",
    "mysqladmin ping",
    "nc -w",
    "nc -z",
    "pg_isready",
    "until ",
    "wait-for",
    "wait4",
    "wait_for",
];

/// Where the text shows it. `script` says whether it is one of a shell.
pub(super) fn tries_again(text: &str, script: bool) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    if script {
        return SCRIPTED.iter().find_map(|word| text.find(word));
    }
    // .NET's provider does all of it by one call.
    if let Some(at) = text.find("enableretryonfailure") {
        return Some(at);
    }
    let places = AGAIN
        .iter()
        .flat_map(|word| text.match_indices(word).take(MOST));
    let mut places = places.map(|(at, _)| at);
    places.find(|at| {
        let start = text.floor_char_boundary(at.saturating_sub(AROUND));
        let end = text.ceil_char_boundary((at + AROUND).min(text.len()));
        let near = &text[start..end];
        let has = |words: &[&str]| words.iter().any(|word| near.contains(word));
        has(DATABASE) && has(WAITS)
    })
}

#[cfg(test)]
mod tests {
    use super::tries_again;

    #[test]
    fn loops_and_libraries_are_seen() {
        for text in [
            "for attempts > 0 {\n m, err = migrate.New(a, b)\n time.Sleep(t)\n}",
            "Policy.Handle<Exception>().WaitAndRetry(5, r => x).Execute(() => c.Database.Migrate());",
            "Policy.Handle<Exception>().WaitAndRetry(5, r => x).Execute(() => app.MigrateStockDb());",
            "o.UseSqlServer(c, b => b.EnableRetryOnFailure())",
            "@retry(stop=stop_after_delay(60))\ndef up(): psycopg.connect(x)",
            "while retries:\n  try: create_engine(x)\n  except: time.sleep(5)",
            "const pool = new Pool(); let attempts = 5; setTimeout(connect, 1000)",
        ] {
            assert!(tries_again(text, false).is_some(), "{text}");
        }
        assert!(tries_again("until pg_isready; do sleep 1; done", true).is_some());
    }

    #[test]
    fn other_texts_are_told_apart() {
        for text in [
            "db, err := sql.Open(\"pg\", x)",
            "http.AddPolicyHandler(p => p.WaitAndRetryAsync(3, x))",
            "channel.connect(); // retry\nThread.sleep(1)",
            "psycopg.connect(x)  # one attempt",
            "psycopg.connect(x)  # retrieves countries\ntime.sleep(1)",
        ] {
            assert!(tries_again(text, false).is_none(), "{text}");
        }
        let far = "x\n".repeat(2_000);
        let far = format!("sql.Open(x)\n{far}for attempts {{ time.Sleep(1) }}");
        assert!(tries_again(&far, false).is_none());
        assert!(tries_again("exec /app", true).is_none());
    }
}
