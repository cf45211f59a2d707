FROM node:20-bookworm-slim AS build
WORKDIR /custody
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
# The compiler is an optional package of its own per platform; the embedded database is too, and is pruned below.
RUN npm ci
COPY apps apps
COPY libs libs
COPY migrations migrations
RUN npx tsc -p tsconfig.build.json && npm prune --omit=dev --omit=optional

FROM node:20-bookworm-slim
ENV NODE_ENV=production AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
WORKDIR /custody
COPY --from=build /custody/package.json ./
COPY --from=build /custody/node_modules node_modules
COPY --from=build /custody/dist dist
USER node
EXPOSE 8470
CMD ["node", "dist/apps/ingest-api/main.js"]
