//! Images of static sites: nginx with a configuration that needs neither root nor a writable root.

use super::base;
use super::sheet::Sheet;
use super::words::copy;
use crate::model::{Evidence, StaticSite};
use crate::plan::artefact::WEB_PORT;
use crate::plan::health::SITE_ROUTE;

/// The folder that is handed out.
pub(super) const ROOT: &str = "/usr/share/nginx/html";

pub(super) fn write(sheet: &mut Sheet<'_>, site: &StaticSite) {
    let folder = site.folder.value.trim_matches('/');
    let folder = if folder.is_empty() { "." } else { folder };
    let evidence = site.folder.evidence.clone();
    sheet.stage(base::NGINX, "server", evidence);
    configuration(sheet, None);
    sheet.workdir();

    sheet.next(
        "server",
        "dev",
        "the same server; lay the sources over its folder",
    );
    sheet.put(format!("WORKDIR {ROOT}"), "the folder that is handed out");
    files(sheet, folder, site);
    let command = sheet.running.command.value.clone();
    sheet.dev_ending(&command);

    sheet.next("server", "runtime", "the same server with the files in it");
    files(sheet, folder, site);
    sheet.ending();
}

fn files(sheet: &mut Sheet<'_>, folder: &str, site: &StaticSite) {
    let to = format!("{ROOT}/");
    let from = if folder == "." {
        folder.to_owned()
    } else {
        format!("{folder}/")
    };
    sheet.on(copy(&[&from, &to]), &site.folder);
}

/// The last stage for files that an earlier one built; `copy` brings them. `single_page` is why
/// every route is answered with the page.
pub(super) fn runtime(
    sheet: &mut Sheet<'_>,
    copy: &str,
    evidence: Vec<Evidence>,
    single_page: Option<Vec<Evidence>>,
) {
    sheet.stage(base::NGINX, "runtime", evidence.clone());
    configuration(sheet, single_page);
    sheet.workdir();
    sheet.add(copy, evidence);
    sheet.ending();
}

fn configuration(sheet: &mut Sheet<'_>, single_page: Option<Vec<Evidence>>) {
    let fallback = match &single_page {
        Some(_) => "/index.html",
        None => "=404",
    };
    let text = format!(
        "# Everything that nginx writes goes to /tmp and to the standard streams.
COPY <<'NGINX' /etc/nginx/nginx.conf
worker_processes 2;
pid /tmp/nginx.pid;
error_log stderr warn;

events {{
    worker_connections 1024;
}}

http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /dev/stdout;
    server_tokens off;
    sendfile on;
    gzip on;
    gzip_types text/css application/javascript application/json image/svg+xml;
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    server {{
        listen {WEB_PORT};
        root {ROOT};
        index index.html;
        absolute_redirect off;

        location / {{
            try_files $uri $uri/ {fallback};
        }}
        location = {SITE_ROUTE} {{
            access_log off;
            default_type text/plain;
            return 200 \"ok\\n\";
        }}
    }}
}}
NGINX

"
    );
    // Readers of Dockerfiles other than the builder want an empty line behind a here-document.
    let mut evidence = vec![Evidence::table(
        "an unprivileged nginx on a read-only root, with a route for health",
    )];
    evidence.extend(single_page.unwrap_or_default());
    sheet.add(text, evidence);
}
