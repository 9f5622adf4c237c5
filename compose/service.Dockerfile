# A service of the project: GeoDNS, edge, origin, agent, relay. Which one, the command says: node /catchment/NAME.js.
ARG BASE=catchment/node
FROM ${BASE}
COPY programs /catchment
LABEL org.opencontainers.image.title="Catchment service" \
      org.opencontainers.image.description="The TypeScript services of a Catchment lab" \
      io.catchment.role="service"
USER 10001:10001
CMD ["node", "--version"]
