//! Images of PHP programs: Apache with PHP as a module, configured for an unprivileged user.

mod extensions;

use super::sheet::Sheet;
use super::words::cached;
use super::{base, pages};
use crate::model::{Evidence, Php};
use crate::plan::WORKDIR;
use crate::plan::artefact::WEB_PORT;

pub(super) fn write(sheet: &mut Sheet<'_>, php: &Php) {
    let image = base::php(&php.version.value);
    let version = php.version.evidence.clone();
    let composer = !php.manifests.is_empty();
    let manifests = sheet.files(&php.manifests, "Composer installs what it names");
    if composer {
        sheet.stage(base::COMPOSER, "composer", manifests.clone());
    }
    let chosen = extensions::chosen(php);
    if !chosen.is_empty() {
        sheet.stage(&image, "extensions", version.clone());
        extensions::compile(sheet, &chosen);
    }
    sheet.stage(&image, "server", version);
    server(sheet, php, &chosen);

    if composer {
        sheet.next("server", "build", "only what builds has Composer");
        sheet.packages(&[(
            "unzip".to_owned(),
            Evidence::table("Composer unpacks archives"),
        )]);
        composer_itself(sheet, &manifests);
        sheet.manifests(&php.manifests);
        sheet.add(
            cached(
                &["/root/.composer/cache"],
                "composer install --no-dev --no-interaction --no-scripts --no-autoloader --prefer-dist",
            ),
            manifests.clone(),
        );
        sheet.sources(&php.sources);
        sheet.add(
            "RUN composer dump-autoload --no-dev --optimize --classmap-authoritative",
            manifests.clone(),
        );
    }

    pages::stages_behind_build(sheet);

    sheet.next("server", "dev", "developers have Composer, too");
    if composer {
        composer_itself(sheet, &manifests);
        sheet.add("COPY --from=build /app/vendor vendor", manifests.clone());
    }
    sheet.sources(&php.sources);
    let command = sheet.running.command.value.clone();
    sheet.dev_ending(&command);

    sheet.next("server", "runtime", "what runs has no Composer");
    if composer {
        sheet.add("COPY --from=build /app/vendor vendor", manifests);
    }
    sheet.sources(&php.sources);
    sheet.writable();
    sheet.ending();
}

fn composer_itself(sheet: &mut Sheet<'_>, manifests: &[Evidence]) {
    sheet.add(
        "COPY --from=composer /usr/bin/composer /usr/bin/composer",
        manifests.to_vec(),
    );
    sheet.put("ENV COMPOSER_ALLOW_SUPERUSER=1", "the builder is root");
}

/// The web server and what it is told.
fn server(sheet: &mut Sheet<'_>, php: &Php, chosen: &[extensions::Chosen]) {
    extensions::take(sheet, chosen);
    let public = php.public.value.trim_matches('/');
    let root = match public {
        "" | "." => WORKDIR.to_owned(),
        folder => format!("{WORKDIR}/{folder}"),
    };
    let mut evidence = php.public.evidence.clone();
    evidence.push(Evidence::table(
        "an unprivileged user listens above 1024, and requests go to the front controller",
    ));
    sheet.add(
        format!(
            "COPY <<'APACHE' /etc/apache2/sites-available/000-default.conf
ServerName localhost
<VirtualHost *:{WEB_PORT}>
    DocumentRoot {root}
    ErrorLog /dev/stderr
    CustomLog /dev/stdout combined
    <Directory {root}>
        AllowOverride All
        Require all granted
        FallbackResource /index.php
    </Directory>
</VirtualHost>
APACHE

RUN echo 'Listen {WEB_PORT}' > /etc/apache2/ports.conf \\
    && a2enmod rewrite \\
    && mv \"$PHP_INI_DIR/php.ini-production\" \"$PHP_INI_DIR/php.ini\""
        ),
        evidence,
    );
    sheet.environment();
    sheet.workdir();
}
