#!/bin/sh
# Waits for what others wait for of a container (Compose's depends_on). Header words: id, name.
#   dependency.sh healthy     its healthcheck passes
#   dependency.sh completed   it has ended with exit code 0
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
patience=600

state_of() { # sets $status, $health and $code
    one=$(docker inspect --type container --format \
        '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.State.ExitCode}}' \
        "$id" 2>/dev/null) || fail "container $name is gone"
    read -r status health code <<END
$one
END
}

fail_with_lines() { # SENTENCE: and what the container said last
    fail "$1; its last lines:
$(docker logs --tail 10 "$id" 2>&1 | cut -c1-400 | sed 's/^/    /')"
}

healthy() { # whether it is; fails where it will not be
    case $status in
    running | restarting | created) ;;
    *) fail_with_lines "container $name, which others wait for, does not run (exit code $code)" ;;
    esac
    case $health in
    none) fail "container $name has no healthcheck, and others wait for it to be healthy: give it one, or write condition: service_started" ;;
    unhealthy) fail_with_lines "container $name, which others wait for, is unhealthy" ;;
    esac
    [ "$status $health" = "running healthy" ]
}

completed() { # whether it has; fails where it will not
    case $status in
    exited) [ "$code" = 0 ] || fail_with_lines "container $name, which others wait for, ended with exit code $code" ;;
    dead) fail_with_lines "container $name, which others wait for, is dead" ;;
    *) return 1 ;;
    esac
}

case ${1:-} in healthy | completed) ;; *) fail "dependency.sh: healthy or completed" ;; esac
read_header
cat >/dev/null
id=$(header_word id)
name=$(header_word name)
case $id in '' | *[!0-9a-f]*) fail "dependency.sh: no such container: $id" ;; esac
until=$(($(date +%s) + patience))
state_of
until "$1"; do
    if [ "$(date +%s)" -ge "$until" ]; then
        fail_with_lines "container $name, which others wait for, is not $1 after $patience s"
    fi
    sleep 0.5
    state_of
done
