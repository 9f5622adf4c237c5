# A recursive resolver: unbound. It needs one capability, NET_BIND_SERVICE, and no root.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install --yes --no-install-recommends unbound \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* \
 && groupadd --gid 10001 catchment \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin catchment
COPY when-plumbed.sh /usr/local/bin/when-plumbed
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD unbound-control -q -s /run/catchment/unbound.ctl status
LABEL org.opencontainers.image.title="Catchment resolver" \
      org.opencontainers.image.description="unbound for the resolvers of a Catchment lab" \
      org.opencontainers.image.licenses="Apache-2.0 AND BSD-3-Clause" \
      io.catchment.role="resolver"
USER 10001:10001
CMD ["unbound", "-d", "-c", "/lab/unbound.conf"]
