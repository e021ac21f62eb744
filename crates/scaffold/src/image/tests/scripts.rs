//! Images of other interpreted programs, as they are.

use super::text;

#[test]
fn php_laravel() {
    insta::assert_snapshot!(text("php laravel"), @r###"
    # syntax=docker/dockerfile:1

    FROM composer:2.9 AS composer

    FROM php:8.4-apache-trixie AS extensions
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends libpq-dev \
        && rm -rf /var/lib/apt/lists/*
    RUN docker-php-ext-install pdo_pgsql
    RUN pecl install redis \
        && docker-php-ext-enable redis

    FROM php:8.4-apache-trixie AS server
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends libpq5 \
        && rm -rf /var/lib/apt/lists/*
    COPY --from=extensions /usr/local/lib/php/extensions/ /usr/local/lib/php/extensions/
    COPY --from=extensions /usr/local/etc/php/conf.d/ /usr/local/etc/php/conf.d/
    COPY <<'APACHE' /etc/apache2/sites-available/000-default.conf
    ServerName localhost
    <VirtualHost *:8080>
        DocumentRoot /app/public
        ErrorLog /dev/stderr
        CustomLog /dev/stdout combined
        <Directory /app/public>
            AllowOverride All
            Require all granted
            FallbackResource /index.php
        </Directory>
    </VirtualHost>
    APACHE

    RUN echo 'Listen 8080' > /etc/apache2/ports.conf \
        && a2enmod rewrite \
        && mv "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"
    ENV APACHE_LOCK_DIR=/tmp \
        APACHE_PID_FILE=/tmp/apache2.pid \
        APACHE_RUN_DIR=/tmp \
        LOG_CHANNEL=stderr
    WORKDIR /app

    FROM server AS build
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends unzip \
        && rm -rf /var/lib/apt/lists/*
    COPY --from=composer /usr/bin/composer /usr/bin/composer
    ENV COMPOSER_ALLOW_SUPERUSER=1
    # Dependencies change less often than code: their layer is made first.
    COPY composer.json composer.lock ./
    RUN --mount=type=cache,target=/root/.composer/cache \
        composer install --no-dev --no-interaction --no-scripts --no-autoloader --prefer-dist
    COPY artisan ./
    COPY app app
    COPY bootstrap bootstrap
    COPY config config
    COPY public public
    COPY routes routes
    RUN composer dump-autoload --no-dev --optimize --classmap-authoritative

    FROM server AS dev
    COPY --from=composer /usr/bin/composer /usr/bin/composer
    ENV COMPOSER_ALLOW_SUPERUSER=1
    COPY --from=build /app/vendor vendor
    COPY artisan ./
    COPY app app
    COPY bootstrap bootstrap
    COPY config config
    COPY public public
    COPY routes routes
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["apache2-foreground"]

    FROM server AS runtime
    COPY --from=build /app/vendor vendor
    COPY artisan ./
    COPY app app
    COPY bootstrap bootstrap
    COPY config config
    COPY public public
    COPY routes routes
    RUN install --directory --owner=10001 --group=10001 /app/bootstrap/cache /app/storage/app /app/storage/framework/cache /app/storage/framework/sessions /app/storage/framework/views /app/storage/logs
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["php", "-r", "exit(file_get_contents('http://127.0.0.1:8080/healthz') === false ? 1 : 0);"]
    ENTRYPOINT ["apache2-foreground"]
    "###);
}

#[test]
fn ruby() {
    insta::assert_snapshot!(text("ruby"), @r###"
    # syntax=docker/dockerfile:1

    FROM ruby:3.4-slim-trixie AS build
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends build-essential libyaml-dev pkg-config \
        && rm -rf /var/lib/apt/lists/*
    ENV APP_ENV=production \
        BUNDLE_DEPLOYMENT=1 \
        BUNDLE_PATH=/usr/local/bundle \
        BUNDLE_WITHOUT=development:test \
        HOME=/tmp \
        RACK_ENV=production \
        RAILS_ENV=production \
        RAILS_LOG_TO_STDOUT=1 \
        PORT=3000
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY Gemfile Gemfile.lock ./
    RUN --mount=type=cache,target=/root/.bundle/cache \
        bundle install
    COPY config.ru Rakefile ./
    COPY app app
    COPY bin bin
    COPY config config
    COPY db db
    COPY lib lib
    COPY public public
    RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile

    FROM build AS dev
    ENV APP_ENV=development \
        BUNDLE_WITHOUT="" \
        RACK_ENV=development \
        RAILS_ENV=development
    RUN bundle install
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["bundle", "exec", "puma", "-C", "config/puma.rb"]

    FROM ruby:3.4-slim-trixie AS runtime
    ENV APP_ENV=production \
        BUNDLE_DEPLOYMENT=1 \
        BUNDLE_PATH=/usr/local/bundle \
        BUNDLE_WITHOUT=development:test \
        HOME=/tmp \
        RACK_ENV=production \
        RAILS_ENV=production \
        RAILS_LOG_TO_STDOUT=1 \
        PORT=3000
    WORKDIR /app
    COPY --from=build /usr/local/bundle /usr/local/bundle
    COPY Gemfile Gemfile.lock ./
    COPY config.ru Rakefile ./
    COPY app app
    COPY bin bin
    COPY config config
    COPY db db
    COPY lib lib
    COPY public public
    COPY --from=build /app/public/assets public/assets
    RUN install --directory --owner=10001 --group=10001 /app/log /app/tmp
    USER 10001:10001
    EXPOSE 3000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
        CMD ["ruby", "-e", "require 'net/http'; exit Net::HTTP.get_response(URI('http://127.0.0.1:3000/healthz')).code.to_i < 400"]
    ENTRYPOINT ["bundle", "exec", "puma", "-C", "config/puma.rb"]
    "###);
}

#[test]
fn deno() {
    insta::assert_snapshot!(text("deno"), @r###"
    # syntax=docker/dockerfile:1

    FROM denoland/deno:debian-2.8.3 AS build
    ENV DENO_DIR=/deno-dir
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY deno.json deno.lock ./
    RUN deno install --frozen
    COPY main.ts ./
    COPY lib lib
    RUN deno cache --frozen main.ts

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["deno", "run", "--watch", "--allow-net", "--allow-env", "--allow-read", "main.ts"]

    FROM denoland/deno:debian-2.8.3 AS runtime
    ENV DENO_DIR=/deno-dir \
        DENO_NO_UPDATE_CHECK=1 \
        PORT=8000
    WORKDIR /app
    COPY --from=build /deno-dir /deno-dir
    COPY deno.json deno.lock main.ts ./
    COPY lib lib
    USER 10001:10001
    EXPOSE 8000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["deno", "eval", "fetch('http://127.0.0.1:8000/healthz').then((r) => Deno.exit(r.ok ? 0 : 1), () => Deno.exit(1))"]
    ENTRYPOINT ["deno", "run", "--allow-net", "--allow-env", "--allow-read", "main.ts"]
    "###);
}
