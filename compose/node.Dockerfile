# Node.js, the one pinned in package-lock.json (it comes with the npm packages, so that no download is needed), and the
# npm packages that bundled programs load by name. `service` and `tools` are built on it; it changes with a version only.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN groupadd --gid 10001 catchment \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin catchment
COPY when-plumbed.sh /usr/local/bin/when-plumbed
COPY node /usr/local/bin/node
COPY catchment /catchment
LABEL org.opencontainers.image.title="Catchment Node.js" \
      org.opencontainers.image.description="Node.js for the services and clients of a Catchment lab" \
      org.opencontainers.image.licenses="Apache-2.0 AND MIT" \
      io.catchment.role="node"
CMD ["node"]
