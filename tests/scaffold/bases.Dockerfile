# Stand-ins for the base images that generated Dockerfiles name, made of Debian 13: each target is
# published under such a name in a registry on loopback. They have what the real ones have as far
# as our services need it, in the places where the real ones have it.
FROM scratch AS debian
ADD trixie.tar /
# Whoever signs what this machine fetches, and the programs that have a list of their own.
COPY certificates/ /usr/local/share/ca-certificates/
RUN update-ca-certificates
ENV CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt

FROM scratch AS frontend
COPY dockerfile-frontend /bin/dockerfile-frontend
ENTRYPOINT ["/bin/dockerfile-frontend"]

FROM scratch AS uv
COPY uv /uv

FROM debian AS python
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv --without-pip /usr/local \
    && ln -sf /usr/bin/python3 /usr/local/bin/python3 \
    && ln -sf /usr/bin/python3 /usr/local/bin/python \
    && rm -f /usr/local/pyvenv.cfg /usr/lib/python3*/EXTERNALLY-MANAGED

FROM debian AS node
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libstdc++6 libatomic1 \
    && rm -rf /var/lib/apt/lists/*
COPY node/ /usr/local/
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx

FROM debian AS go
RUN apt-get update \
    && apt-get install --yes --no-install-recommends golang-1.24-go gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s /usr/lib/go-1.24 /usr/local/go \
    && mkdir --parents --mode=1777 /go/src /go/bin /go/pkg
ENV GOPATH=/go \
    GOTOOLCHAIN=local \
    PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

FROM debian AS rust
RUN apt-get update \
    && apt-get install --yes --no-install-recommends rustc cargo gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV CARGO_HOME=/usr/local/cargo

FROM debian AS jre
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-21-jre-headless \
    && rm -rf /var/lib/apt/lists/*

FROM debian AS maven
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-21-jdk-headless maven \
    && rm -rf /var/lib/apt/lists/*

FROM debian AS nginx
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/*
STOPSIGNAL SIGQUIT

FROM debian AS ruby
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ruby ruby-bundler \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --mode=1777 /usr/local/bundle
ENV BUNDLE_APP_CONFIG=/usr/local/bundle \
    GEM_HOME=/usr/local/bundle \
    PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

FROM debian AS php
RUN apt-get update \
    && apt-get install --yes --no-install-recommends apache2 libapache2-mod-php php-cli \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --parents /usr/local/etc/php \
    && cp /usr/lib/php/8.4/php.ini-production /usr/local/etc/php/ \
    && chmod 1777 /var/log/apache2 \
    && ln -sf /dev/stderr /var/log/apache2/error.log \
    && ln -sf /dev/stdout /var/log/apache2/access.log \
    && ln -sf /dev/stdout /var/log/apache2/other_vhosts_access.log \
    && sed -i -E 's/^export ([A-Z_]+)=(.*)$/: ${\1:=\2}; export \1/' /etc/apache2/envvars
COPY --chmod=755 apache2-foreground /usr/local/bin/apache2-foreground
ENV APACHE_CONFDIR=/etc/apache2 \
    APACHE_ENVVARS=/etc/apache2/envvars \
    PHP_INI_DIR=/usr/local/etc/php
STOPSIGNAL SIGWINCH

FROM debian AS postgres
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-common \
    && echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf \
    && apt-get install --yes --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 postgres-entrypoint /usr/local/bin/postgres-entrypoint
ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-entrypoint"]

FROM debian AS redis
RUN apt-get update \
    && apt-get install --yes --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=redis --group=redis /data
WORKDIR /data
ENTRYPOINT ["setpriv", "--reuid=redis", "--regid=redis", "--clear-groups", "redis-server"]
CMD ["--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""]

# A program that is linked against nothing finds certificates, time zones and /tmp, and no shell.
FROM scratch AS static
COPY --from=debian /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=debian --chown=65532:65532 /home/ /home/nonroot/
COPY --from=debian /tmp/ /tmp/
COPY passwd /etc/passwd
USER 65532
