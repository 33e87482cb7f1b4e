# The service with its production dependencies: no compiler, no tests, no embedded mongod (MONGODB_URI is needed).

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci", "--omit=dev", "--ignore-scripts"]

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json buf.yaml buf.gen.yaml ./
COPY proto ./proto
COPY scripts ./scripts
COPY src ./src
COPY explorer ./explorer
RUN ["npm", "run", "build"]

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY package.json LICENSE ./
# docker build --build-arg COMMIT=$(git rev-parse HEAD): the label `commit` of inventory_job_build_info.
ARG COMMIT=unknown
RUN ["node", "-e", "fs.writeFileSync('commit', process.env.COMMIT)"]
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/build/src ./build/src
USER 65532:65532
EXPOSE 50051 8080 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 9090}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Beside the heap, which is sized by the container's memory, there are buffers of answers and of the sockets.
ENTRYPOINT ["node", "--max-old-space-size-percentage=65", "build/src/main.js"]
