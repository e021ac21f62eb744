//! Whether a text of a program shows that it reaches for its database while it starts.
//!
//! A look at words: migrations, and calls that connect at once. A pool or an engine that connects
//! with the first query is neither.

/// What migrates or connects at once, in lower case.
const AT_START: &[&str] = &[
    "alembic.command",
    "asyncpg.connect",
    "asyncpg.create_pool",
    "automigrate",
    "create_all(",
    ".database.migrate",
    "createconnection(",
    "databasecreator",
    "db.create_tables",
    "drivermanager.getconnection",
    "ensurecreated",
    "flyway",
    "gorm.open",
    "liquibase",
    "migrate.new",
    "migrateasync(",
    "migratedb",
    "migrate!(",
    "mongo.connect",
    "mongoclient.connect",
    "mongoose.connect",
    "mysql.connector.connect",
    "mysql.createconnection",
    "new pdo(",
    ".ping(",
    "pgpool::connect",
    "pgx.connect",
    "pgxpool.connect",
    "psycopg.connect",
    "psycopg2.connect",
    "pymysql.connect",
    "sequelize.authenticate",
    "sequelize.sync",
    "spring-boot-starter-data-jpa",
    "spring-boot-starter-jdbc",
    "spring.datasource",
    "spring.jpa",
    "sqlx.connect",
    "synchronize: true",
    "typeormmodule.forroot",
    "client.connect(",
    "db.connect(",
    "connection.connect(",
    "migrations.run",
];

/// Commands that migrate, in lower case. In a program they may stand anywhere, in a script they are run.
const COMMANDS: &[&str] = &[
    "alembic upgrade",
    "db:create",
    "db:migrate",
    "db:prepare",
    "manage.py migrate",
    "migrate deploy",
];

/// Where the text shows it; `is_run` says that its lines are commands.
pub(super) fn connects_at_start(text: &str, is_run: bool) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    let commands = if is_run { COMMANDS } else { &[] };
    let words = AT_START.iter().chain(commands);
    words.filter_map(|word| text.find(word)).min()
}

#[cfg(test)]
mod tests {
    use super::connects_at_start;

    #[test]
    fn commands_count_where_they_are_run() {
        let text = "npx prisma migrate deploy";
        assert!(connects_at_start(text, true).is_some());
        assert!(connects_at_start(text, false).is_none());
    }

    #[test]
    fn connections_at_start_are_told_from_pools() {
        for text in [
            "await mongoose.connect(url)",
            "using var scope = …; db.Database.Migrate();",
            "Base.metadata.create_all(engine)",
            "db, _ := sql.Open(a, b)\nif err := db.Ping(); err != nil {}",
            "<artifactId>spring-boot-starter-data-jpa</artifactId>",
        ] {
            assert!(connects_at_start(text, false).is_some(), "{text}");
        }
        for text in [
            "const db = knex(config)",
            "services.AddDbContext<Shop>(o => o.UseNpgsql(c))",
            "services.AddMarten(url)",
            "engine = create_engine(url)",
        ] {
            assert!(connects_at_start(text, false).is_none(), "{text}");
        }
    }
}
