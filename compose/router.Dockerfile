# A router: BIRD 2 and iproute2. BIRD starts as root, because it opens raw sockets and writes kernel routes, and drops to
# the user it is told to (-u, -g) with the capabilities it still needs; so this image has no USER of its own.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install --yes --no-install-recommends bird2 iproute2 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* \
 && groupadd --gid 10001 catchment \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin catchment
COPY when-plumbed.sh /usr/local/bin/when-plumbed
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD birdc -s /run/catchment/bird.ctl show status >/dev/null
LABEL org.opencontainers.image.title="Catchment router" \
      org.opencontainers.image.description="BIRD 2 and iproute2 for the nodes of a Catchment lab" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-or-later" \
      io.catchment.role="router"
CMD ["bird", "-f", "-c", "/lab/bird.conf", "-s", "/run/catchment/bird.ctl"]
