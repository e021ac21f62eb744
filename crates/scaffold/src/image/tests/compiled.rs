//! Images of compiled programs, as they are.

use super::{all, text, written};
use crate::model::{Certainty, Stack};

#[test]
fn go() {
    insta::assert_snapshot!(text("go"), @r###"
    # syntax=docker/dockerfile:1

    FROM golang:1.26-trixie AS build
    ENV CGO_ENABLED=0
    WORKDIR /src
    # Dependencies change less often than code: their layer is made first.
    COPY go.mod go.sum ./
    RUN --mount=type=cache,target=/go/pkg/mod \
        go mod download
    COPY cmd cmd
    COPY internal internal
    RUN --mount=type=cache,target=/go/pkg/mod \
        --mount=type=cache,target=/root/.cache/go-build \
        go build -trimpath -ldflags="-s -w" -o /out/api ./cmd/api
    # The image that runs has no program that could ask for health but this one.
    COPY <<'GO' /health/main.go
    package main

    import (
    	"net/http"
    	"os"
    	"time"
    )

    func main() {
    	client := http.Client{Timeout: 2 * time.Second}
    	answer, err := client.Get(os.Args[1])
    	if err != nil || answer.StatusCode >= 400 {
    		os.Exit(1)
    	}
    }
    GO

    RUN --mount=type=cache,target=/root/.cache/go-build \
        go build -trimpath -ldflags="-s -w" -o /out/healthcheck /health/main.go

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["go", "run", "./cmd/api"]

    FROM gcr.io/distroless/static-debian13:nonroot AS runtime
    ENV PORT=8080
    WORKDIR /app
    COPY --from=build /out/ /usr/local/bin/
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
        CMD ["/usr/local/bin/healthcheck", "http://127.0.0.1:8080/healthz"]
    ENTRYPOINT ["/usr/local/bin/api"]
    "###);
}

#[test]
fn go_cgo() {
    insta::assert_snapshot!(text("go cgo"), @r###"
    # syntax=docker/dockerfile:1

    FROM golang:1.26-trixie AS build
    ENV CGO_ENABLED=1
    WORKDIR /src
    # Dependencies change less often than code: their layer is made first.
    COPY go.mod go.sum ./
    RUN --mount=type=cache,target=/go/pkg/mod \
        go mod download
    COPY cmd cmd
    COPY internal internal
    RUN --mount=type=cache,target=/go/pkg/mod \
        --mount=type=cache,target=/root/.cache/go-build \
        go build -trimpath -ldflags="-s -w" -o /out/api ./cmd/api

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["go", "run", "./cmd/api"]

    FROM debian:trixie-slim AS runtime
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends ca-certificates \
        && rm -rf /var/lib/apt/lists/*
    ENV PORT=8080
    WORKDIR /app
    COPY --from=build /out/ /usr/local/bin/
    COPY templates templates
    RUN install --directory --owner=10001 --group=10001 /var/lib/api
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]
    ENTRYPOINT ["/usr/local/bin/api"]
    "###);
}

#[test]
fn rust() {
    insta::assert_snapshot!(text("rust"), @r###"
    # syntax=docker/dockerfile:1

    FROM rust:1.95-slim-trixie AS build
    WORKDIR /src
    # Dependencies change less often than code: their layer is made first.
    COPY Cargo.toml Cargo.lock ./
    COPY src src
    # Compiled dependencies are kept between builds in caches, which no layer holds.
    RUN --mount=type=cache,target=/usr/local/cargo/registry \
        --mount=type=cache,id=api-target,target=/src/target,sharing=locked \
        cargo build --release --locked --package api --bin api \
        && install -D --target-directory=/out target/release/api

    FROM build AS dev
    ENV CARGO_HOME=/tmp/cargo \
        CARGO_TARGET_DIR=/tmp/target
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["cargo", "run", "--package", "api", "--bin", "api"]

    FROM debian:trixie-slim AS runtime
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends ca-certificates \
        && rm -rf /var/lib/apt/lists/*
    ENV PORT=8080
    WORKDIR /app
    COPY --from=build /out/ /usr/local/bin/
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["/usr/local/bin/api"]
    "###);
}

#[test]
fn java_maven() {
    insta::assert_snapshot!(text("java maven"), @r###"
    # syntax=docker/dockerfile:1

    FROM maven:3.9-eclipse-temurin-21-noble AS build
    WORKDIR /src
    # Dependencies change less often than code: their layer is made first.
    COPY pom.xml ./
    RUN --mount=type=cache,target=/root/.m2 \
        mvn --batch-mode dependency:go-offline
    COPY src src
    RUN --mount=type=cache,target=/root/.m2 \
        mvn --batch-mode package -DskipTests \
        && install -D --mode=644 target/api-*.jar /out/app.jar

    FROM build AS dev
    WORKDIR /out
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["java", "-jar", "app.jar"]

    FROM build AS layers
    RUN java -Djarmode=tools -jar /out/app.jar extract --layers --destination /layers

    FROM eclipse-temurin:21-jre-noble AS runtime
    ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75.0 -XX:+ExitOnOutOfMemoryError" \
        PORT=8080
    WORKDIR /app
    COPY --from=layers /layers/dependencies/ ./
    COPY --from=layers /layers/spring-boot-loader/ ./
    COPY --from=layers /layers/snapshot-dependencies/ ./
    COPY --from=layers /layers/application/ ./
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["java", "-jar", "app.jar"]
    "###);
}

#[test]
fn java_gradle() {
    insta::assert_snapshot!(text("java gradle"), @r###"
    # syntax=docker/dockerfile:1

    FROM eclipse-temurin:21-jdk-noble AS build
    ENV GRADLE_USER_HOME=/root/.gradle
    WORKDIR /src
    # Dependencies change less often than code: their layer is made first.
    COPY settings.gradle.kts build.gradle.kts gradlew ./
    COPY gradle gradle
    RUN --mount=type=cache,target=/root/.gradle \
        sh gradlew --no-daemon dependencies
    COPY src src
    RUN --mount=type=cache,target=/root/.gradle \
        sh gradlew --no-daemon bootJar -x test \
        && install -D --mode=644 build/libs/api.jar /out/app.jar

    FROM build AS dev
    WORKDIR /out
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["java", "-jar", "app.jar"]

    FROM eclipse-temurin:21-jre-noble AS runtime
    ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75.0 -XX:+ExitOnOutOfMemoryError" \
        PORT=8080
    WORKDIR /app
    COPY --from=build /out/ ./
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["java", "-jar", "app.jar"]
    "###);
}

/// A runtime refuses a program that was made for an older one, unless it is told not to.
#[test]
fn a_dotnet_program_of_an_older_version_is_rolled_forward() {
    let (_, mut service) = all()
        .into_iter()
        .find(|(name, _)| name == "dotnet")
        .expect("it is there");
    assert!(!written(&service).text().contains("ROLL_FORWARD"));
    let Stack::Dotnet(dotnet) = &mut service.stack else {
        panic!("it is one of .NET");
    };
    dotnet.version.certainty = Certainty::Assumed;
    let text = written(&service).text();
    let runtime = text
        .split(" AS runtime")
        .nth(1)
        .expect("there is such a stage");
    assert!(runtime.contains("ENV DOTNET_ROLL_FORWARD=Major\n"));
}

#[test]
fn dotnet() {
    insta::assert_snapshot!(text("dotnet"), @r###"
    # syntax=docker/dockerfile:1

    FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
    WORKDIR /src
    # Dependencies change less often than code: their layer is made first.
    COPY Api.slnx ./
    COPY src/Api/Api.csproj src/Api/
    COPY src/Core/Core.csproj src/Core/
    RUN --mount=type=cache,target=/root/.nuget/packages \
        dotnet restore src/Api/Api.csproj
    COPY src/Api src/Api
    COPY src/Core src/Core
    RUN --mount=type=cache,target=/root/.nuget/packages \
        dotnet publish src/Api/Api.csproj --no-restore --configuration Release --output /out -p:UseAppHost=false

    FROM build AS dev
    WORKDIR /out
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["dotnet", "Api.dll"]

    FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS runtime
    ENV DOTNET_EnableDiagnostics=0 \
        ASPNETCORE_HTTP_PORTS=8080 \
        PORT=8080
    WORKDIR /app
    COPY --from=build /out/ ./
    USER 10001:10001
    EXPOSE 8080
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["dotnet", "Api.dll"]
    "###);
}

#[test]
fn elixir() {
    insta::assert_snapshot!(text("elixir"), @r###"
    # syntax=docker/dockerfile:1

    FROM elixir:1.18-slim AS tools
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends build-essential git \
        && rm -rf /var/lib/apt/lists/*
    ENV LANG=C.UTF-8 \
        MIX_HOME=/opt/mix
    RUN mix local.hex --force && mix local.rebar --force
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY mix.exs mix.lock ./
    COPY config config

    FROM tools AS build
    ENV MIX_ENV=prod
    RUN mix deps.get --only prod --check-locked && mix deps.compile
    COPY lib lib
    COPY priv priv
    COPY assets assets
    RUN mix assets.deploy && mix release api --path /out

    FROM tools AS dev
    RUN mix deps.get --check-locked && mix deps.compile
    COPY lib lib
    COPY priv priv
    COPY assets assets
    ENV MIX_BUILD_ROOT=/tmp/build
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["mix", "phx.server"]

    FROM debian:trixie-slim AS runtime
    RUN apt-get update \
        && apt-get install --yes --no-install-recommends ca-certificates libncurses6 libssl3t64 libstdc++6 \
        && rm -rf /var/lib/apt/lists/*
    ENV LANG=C.UTF-8 \
        PHX_SERVER=true \
        RELEASE_TMP=/tmp \
        PORT=4000
    WORKDIR /app
    COPY --from=build /out/ ./
    USER 10001:10001
    EXPOSE 4000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4000 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. [23]' <&3"]
    ENTRYPOINT ["/app/bin/api", "start"]
    "###);
}
