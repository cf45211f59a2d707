# Raise tag and digest together: docker buildx imagetools inspect node:<tag> prints the digest.
FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS build
WORKDIR /custody
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
# The compiler is an optional package of its own per platform; the embedded database is too, and is pruned below.
RUN npm ci
COPY apps apps
COPY libs libs
COPY migrations migrations
RUN npx tsc -p tsconfig.build.json && npm prune --omit=dev --omit=optional

FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
ENV NODE_ENV=production
WORKDIR /custody
COPY --from=build /custody/package.json ./
COPY --from=build /custody/node_modules node_modules
COPY --from=build /custody/dist dist
USER node
EXPOSE 8470
CMD ["node", "dist/apps/ingest-api/main.js"]
