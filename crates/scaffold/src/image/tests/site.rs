//! Images of static sites, as they are.

use super::text;

#[test]
fn node_vite() {
    insta::assert_snapshot!(text("node vite"), @r###"
    # syntax=docker/dockerfile:1

    FROM node:24-trixie-slim AS tools
    RUN --mount=type=cache,target=/root/.npm \
        npm install --global pnpm@10
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY package.json pnpm-lock.yaml ./

    FROM tools AS build
    RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
        pnpm install --frozen-lockfile
    COPY tsconfig.json ./
    COPY src src
    RUN pnpm run build

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["pnpm", "run", "dev"]

    FROM nginx:1.30-trixie AS runtime
    # Everything that nginx writes goes to /tmp and to the standard streams.
    COPY <<'NGINX' /etc/nginx/nginx.conf
    worker_processes 2;
    pid /tmp/nginx.pid;
    error_log stderr warn;

    events {
        worker_connections 1024;
    }

    http {
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

        server {
            listen 8080;
            root /usr/share/nginx/html;
            index index.html;
            absolute_redirect off;

            location / {
                try_files $uri $uri/ /index.html;
            }
            location = /healthz {
                access_log off;
                default_type text/plain;
                return 200 "ok\n";
            }
        }
    }
    NGINX

    WORKDIR /app
    COPY --from=build /app/dist/ /usr/share/nginx/html/
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["nginx", "-g", "daemon off;"]
    "###);
}

#[test]
fn static_site() {
    insta::assert_snapshot!(text("static"), @r###"
    # syntax=docker/dockerfile:1

    FROM nginx:1.30-trixie AS server
    # Everything that nginx writes goes to /tmp and to the standard streams.
    COPY <<'NGINX' /etc/nginx/nginx.conf
    worker_processes 2;
    pid /tmp/nginx.pid;
    error_log stderr warn;

    events {
        worker_connections 1024;
    }

    http {
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

        server {
            listen 8080;
            root /usr/share/nginx/html;
            index index.html;
            absolute_redirect off;

            location / {
                try_files $uri $uri/ =404;
            }
            location = /healthz {
                access_log off;
                default_type text/plain;
                return 200 "ok\n";
            }
        }
    }
    NGINX

    WORKDIR /app

    FROM server AS dev
    WORKDIR /usr/share/nginx/html
    COPY public/ /usr/share/nginx/html/
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["nginx", "-g", "daemon off;"]

    FROM server AS runtime
    COPY public/ /usr/share/nginx/html/
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["nginx", "-g", "daemon off;"]
    "###);
}
