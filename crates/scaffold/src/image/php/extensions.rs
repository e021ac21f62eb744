//! Extensions of PHP: which have to be compiled, with what, and what they need to run.

use crate::image::sheet::Sheet;
use crate::model::{Evidence, Php};

/// An extension that the image lacks.
pub(super) struct Chosen {
    name: String,
    evidence: Vec<Evidence>,
    build: &'static [&'static str],
    run: &'static [&'static str],
    /// Whether it is fetched from PECL.
    pecl: bool,
}

struct Row {
    name: &'static str,
    build: &'static [&'static str],
    run: &'static [&'static str],
    pecl: bool,
}

/// What the official images hold already.
const COMPILED_IN: &[&str] = &[
    "core",
    "ctype",
    "curl",
    "date",
    "dom",
    "fileinfo",
    "filter",
    "ftp",
    "hash",
    "iconv",
    "json",
    "libxml",
    "mbstring",
    "mysqlnd",
    "openssl",
    "pcre",
    "pdo",
    "pdo_sqlite",
    "phar",
    "posix",
    "random",
    "readline",
    "reflection",
    "session",
    "simplexml",
    "sodium",
    "spl",
    "sqlite3",
    "standard",
    "tokenizer",
    "xml",
    "xmlreader",
    "xmlwriter",
    "zlib",
    "opcache",
];

#[rustfmt::skip]
static ROWS: &[Row] = &[
    Row { name: "amqp", build: &["librabbitmq-dev"], run: &["librabbitmq4"], pecl: true },
    Row { name: "apcu", build: &[], run: &[], pecl: true },
    Row { name: "bcmath", build: &[], run: &[], pecl: false },
    Row { name: "bz2", build: &["libbz2-dev"], run: &[], pecl: false },
    Row { name: "calendar", build: &[], run: &[], pecl: false },
    Row { name: "exif", build: &[], run: &[], pecl: false },
    Row { name: "gd", build: &["libfreetype-dev", "libjpeg62-turbo-dev", "libpng-dev"], run: &["libfreetype6", "libjpeg62-turbo", "libpng16-16t64"], pecl: false },
    Row { name: "gettext", build: &[], run: &[], pecl: false },
    Row { name: "gmp", build: &["libgmp-dev"], run: &["libgmp10"], pecl: false },
    Row { name: "intl", build: &["libicu-dev"], run: &["libicu76"], pecl: false },
    Row { name: "memcached", build: &["libmemcached-dev", "zlib1g-dev", "libssl-dev"], run: &["libmemcached11t64", "libmemcachedutil2t64"], pecl: true },
    Row { name: "mongodb", build: &["libssl-dev"], run: &[], pecl: true },
    Row { name: "mysqli", build: &[], run: &[], pecl: false },
    Row { name: "pcntl", build: &[], run: &[], pecl: false },
    Row { name: "pdo_mysql", build: &[], run: &[], pecl: false },
    Row { name: "pdo_pgsql", build: &["libpq-dev"], run: &["libpq5"], pecl: false },
    Row { name: "pgsql", build: &["libpq-dev"], run: &["libpq5"], pecl: false },
    Row { name: "redis", build: &[], run: &[], pecl: true },
    Row { name: "soap", build: &["libxml2-dev"], run: &["libxml2"], pecl: false },
    Row { name: "sockets", build: &[], run: &[], pecl: false },
    Row { name: "xsl", build: &["libxslt1-dev"], run: &["libxslt1.1"], pecl: false },
    Row { name: "zip", build: &["libzip-dev"], run: &["libzip5"], pecl: false },
];

/// Those that have to be compiled, sorted. One that is not in the table is taken for one of PHP's
/// own without needs.
pub(super) fn chosen(php: &Php) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for known in &php.extensions {
        let name = known.value.trim_start_matches("ext-").to_ascii_lowercase();
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let there = COMPILED_IN.contains(&name.as_str());
        if !is_name || there || chosen.iter().any(|have| have.name == name) {
            continue;
        }
        let row = ROWS.iter().find(|row| row.name == name);
        chosen.push(Chosen {
            evidence: known.evidence.clone(),
            build: row.map_or(&[], |row| row.build),
            run: row.map_or(&[], |row| row.run),
            pecl: row.is_some_and(|row| row.pecl),
            name,
        });
    }
    chosen.sort_by(|a, b| a.name.cmp(&b.name));
    chosen
}

/// Compiles them in a stage of their own.
pub(super) fn compile(sheet: &mut Sheet<'_>, chosen: &[Chosen]) {
    let packages: Vec<(String, Evidence)> = chosen
        .iter()
        .flat_map(|one| {
            let because = &one.evidence[0];
            let names = one.build.iter();
            names.map(move |name| ((*name).to_owned(), because.clone()))
        })
        .collect();
    sheet.packages(&packages);
    let names = |pecl: bool| -> Vec<&str> {
        let some = chosen.iter().filter(|one| one.pecl == pecl);
        some.map(|one| one.name.as_str()).collect()
    };
    let evidence = |pecl: bool| -> Vec<Evidence> {
        let some = chosen.iter().filter(|one| one.pecl == pecl);
        some.flat_map(|one| one.evidence.iter().cloned()).collect()
    };
    let own = names(false);
    if own.contains(&"gd") {
        sheet.add(
            "RUN docker-php-ext-configure gd --with-freetype --with-jpeg",
            evidence(false),
        );
    }
    if !own.is_empty() {
        let text = format!("RUN docker-php-ext-install {}", own.join(" "));
        sheet.add(text, evidence(false));
    }
    let foreign = names(true);
    if !foreign.is_empty() {
        let names = foreign.join(" ");
        let text = format!("RUN pecl install {names} \\\n    && docker-php-ext-enable {names}");
        sheet.add(text, evidence(true));
    }
}

/// Takes them from that stage, with the libraries they need.
pub(super) fn take(sheet: &mut Sheet<'_>, chosen: &[Chosen]) {
    let packages: Vec<(&str, &str)> = chosen
        .iter()
        .flat_map(|one| {
            one.run
                .iter()
                .map(|name| (*name, "an extension of PHP needs it"))
        })
        .collect();
    sheet.runtime_packages(&packages);
    if chosen.is_empty() {
        return;
    }
    let evidence = chosen
        .iter()
        .flat_map(|one| one.evidence.iter().cloned())
        .collect();
    sheet.add(
        "COPY --from=extensions /usr/local/lib/php/extensions/ /usr/local/lib/php/extensions/
COPY --from=extensions /usr/local/etc/php/conf.d/ /usr/local/etc/php/conf.d/",
        evidence,
    );
}
