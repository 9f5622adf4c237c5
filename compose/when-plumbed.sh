#!/bin/sh
# Runs a command once its node has its links and addresses: `./lab up` makes the file when it has made them. A service
# that starts earlier would bind to addresses that are not there yet. Looks often at first, and seldom after a second:
# in a large lab a hundred of these wait while the other containers still start.
plumbed=/run/catchment/plumbed
# The first process of a container has no default action for signals: without this `docker stop` takes ten seconds.
trap 'exit 143' TERM INT
looks=0
until [ -e "$plumbed" ]; do
  if [ "$looks" -lt 20 ]; then
    looks=$((looks + 1))
    sleep 0.05
  else
    sleep 0.25
  fi
done
trap - TERM INT
exec "$@"
