# A node: the container that owns its network namespace and does nothing else, and in which people and probes run
# commands. They make links and capture packets there, so it runs as root, with the capabilities that compose leaves it.
ARG BASE=catchment/tools
FROM ${BASE}
COPY programs /catchment
LABEL org.opencontainers.image.title="Catchment client" \
      org.opencontainers.image.description="Node, dig, curl, ping, mtr, traceroute, tcpdump and the probe of a Catchment lab" \
      io.catchment.role="client"
# It has nothing to tidy up, and as first process would ignore SIGTERM.
STOPSIGNAL SIGKILL
CMD ["sleep", "infinity"]
