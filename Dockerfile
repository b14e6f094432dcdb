# On the building machine's architecture: packages are the same for all, and npm fails under emulation.
FROM --platform=$BUILDPLATFORM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY shared/package.json shared/
COPY embedded-core/package.json embedded-core/
COPY sources/package.json sources/
COPY server/package.json server/
RUN npm ci --omit=dev --ignore-scripts --workspace=@achilles/mcp-gateway --workspace=@achilles/embedded-core --workspace=@achilles/agent-sources --workspace=@achilles/mcp-contract
# Node 24 strips types itself, without a loader; types are never checked, and no debugger steps through a package here.
# typescript is somebody's peer; trpc-to-openapi installs a bundler's native code, which nothing loads.
RUN rm -rf node_modules/@rollup node_modules/typescript node_modules/@types node_modules/tsx node_modules/esbuild node_modules/@esbuild node_modules/.bin \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete \
  && find node_modules -type d -empty -delete

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Achilles MCP Gateway" \
  org.opencontainers.image.description="One gateway between IDE extensions or LLM agents and Achilles Core: tRPC, REST and MCP." \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim"
ENV NODE_ENV=production HOST=0.0.0.0 ACHILLES_DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY shared shared
COPY embedded-core embedded-core
COPY sources sources
COPY server server
# A new volume takes its owner from here. By number, so that an orchestrator can tell that this is not root.
RUN install -d -o 1000 -g 1000 -m 0700 /data
USER 1000:1000
VOLUME /data
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node 24 strips types itself: the image runs the very sources, without a build.
CMD ["node", "server/src/main.ts"]
