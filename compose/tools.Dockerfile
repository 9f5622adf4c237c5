# What people and probes use in a node: links and shaping (ip, tc, ethtool), dig, curl, ping, traceroute, mtr, tcpdump, ps,
# and birdc, for the BIRD in the container beside it.
# Apart from `client`, so that a change of the project's sources does not install them anew.
ARG BASE=catchment/node
FROM ${BASE}
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install --yes --no-install-recommends \
      bind9-dnsutils bird2 curl ethtool iproute2 iputils-ping mtr-tiny procps tcpdump traceroute \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*
LABEL org.opencontainers.image.title="Catchment tools" io.catchment.role="tools"
