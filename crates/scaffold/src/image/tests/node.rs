//! Images of JavaScript programs, as they are.

use super::text;

#[test]
fn node_npm() {
    insta::assert_snapshot!(text("node npm"), @r###"
    # syntax=docker/dockerfile:1

    FROM node:24-trixie-slim AS tools
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY package.json package-lock.json ./

    FROM tools AS dependencies
    RUN --mount=type=cache,target=/root/.npm \
        npm ci --omit=dev

    FROM tools AS build
    RUN --mount=type=cache,target=/root/.npm \
        npm ci
    COPY tsconfig.json ./
    COPY src src
    RUN npm run build

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["node", "--watch", "dist/index.js"]

    FROM node:24-trixie-slim AS runtime
    ENV NODE_ENV=production \
        PORT=3000
    WORKDIR /app
    COPY --from=dependencies /app/node_modules node_modules
    COPY package.json ./
    COPY --from=build /app/dist dist
    USER 10001:10001
    EXPOSE 3000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["node", "-e", "fetch('http://127.0.0.1:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
    ENTRYPOINT ["node", "dist/index.js"]
    "###);
}

#[test]
fn node_member() {
    insta::assert_snapshot!(text("node member"), @r###"
    # syntax=docker/dockerfile:1

    FROM node:24-trixie-slim AS tools
    RUN --mount=type=cache,target=/root/.npm \
        npm install --global pnpm@10
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
    COPY apps/api/package.json apps/api/
    COPY packages/core/package.json packages/core/

    FROM tools AS dependencies
    RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
        pnpm install --frozen-lockfile --filter=@shop/api... --prod

    FROM tools AS build
    RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
        pnpm install --frozen-lockfile --filter=@shop/api...
    COPY apps/api/tsconfig.json apps/api/
    COPY apps/api/src apps/api/src
    COPY packages/core packages/core
    RUN pnpm --filter=@shop/api... run build

    FROM build AS dev
    WORKDIR /app/apps/api
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["node", "--watch", "dist/index.js"]

    FROM node:24-trixie-slim AS runtime
    ENV NODE_ENV=production \
        PORT=3000
    WORKDIR /app
    COPY --from=dependencies /app/ ./
    COPY --from=build /app/packages/core packages/core
    COPY --from=build /app/apps/api/dist apps/api/dist
    WORKDIR /app/apps/api
    USER 10001:10001
    EXPOSE 3000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["node", "-e", "fetch('http://127.0.0.1:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
    ENTRYPOINT ["node", "dist/index.js"]
    "###);
}

#[test]
fn node_next() {
    insta::assert_snapshot!(text("node next"), @r###"
    # syntax=docker/dockerfile:1

    FROM node:24-trixie-slim AS tools
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY package.json package-lock.json ./

    FROM tools AS build
    RUN --mount=type=cache,target=/root/.npm \
        npm ci
    COPY next.config.ts tsconfig.json ./
    COPY app app
    COPY public public
    RUN npx prisma generate
    ENV NEXT_TELEMETRY_DISABLED=1
    RUN npm run build

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["npx", "next", "dev"]

    FROM build AS dependencies
    RUN npm prune --omit=dev

    FROM node:24-trixie-slim AS runtime
    ENV NODE_ENV=production \
        NEXT_TELEMETRY_DISABLED=1 \
        HOSTNAME=0.0.0.0 \
        PORT=3000
    WORKDIR /app
    COPY --from=dependencies /app/node_modules node_modules
    COPY --from=build /app/.next/standalone/ ./
    COPY --from=build /app/.next/static .next/static
    COPY --from=build /app/public public
    RUN install --directory --owner=10001 --group=10001 /app/.next/cache
    USER 10001:10001
    EXPOSE 3000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["node", "-e", "fetch('http://127.0.0.1:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
    ENTRYPOINT ["node", ".next/standalone/server.js"]
    "###);
}

#[test]
fn bun() {
    insta::assert_snapshot!(text("bun"), @r###"
    # syntax=docker/dockerfile:1

    FROM oven/bun:1.3-slim AS tools
    WORKDIR /app
    # Dependencies change less often than code: their layer is made first.
    COPY package.json bun.lock ./

    FROM tools AS dependencies
    RUN --mount=type=cache,target=/root/.bun/install/cache \
        bun install --frozen-lockfile --production

    FROM tools AS build
    RUN --mount=type=cache,target=/root/.bun/install/cache \
        bun install --frozen-lockfile
    COPY src src

    FROM build AS dev
    ENV HOME=/tmp
    USER 10001:10001
    ENTRYPOINT ["bun", "src/index.ts"]

    FROM oven/bun:1.3-slim AS runtime
    ENV NODE_ENV=production \
        PORT=3000
    WORKDIR /app
    COPY --from=dependencies /app/node_modules node_modules
    COPY package.json ./
    COPY src src
    USER 10001:10001
    EXPOSE 3000
    HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
        CMD ["bun", "-e", "fetch('http://127.0.0.1:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
    ENTRYPOINT ["bun", "src/index.ts"]
    "###);
}
