# shellcheck shell=sh
# What runs on a host, in Docker's words, a line each: "KIND JSON".
set -u
docker info --format 'driver {"LoggingDriver":{{json .LoggingDriver}},"DefaultRuntime":{{json .DefaultRuntime}}}' || exit 1
ids=$(docker ps --quiet --no-trunc) || exit 1
if [ -n "$ids" ]; then
    # shellcheck disable=SC2086
    docker inspect --format 'container {{json .}}' $ids || exit 1
    # shellcheck disable=SC2046,SC2086
    docker image inspect --format 'image {"Id":{{json .Id}},"Config":{{json .Config}}}' \
        $(docker inspect --format '{{.Image}}' $ids | sort -u) || exit 1
fi
echo 'end {}'
