#!/bin/sh
# What of the stack is on this host, once all of it was made. Header: any. Content: a line
# "engine VERSION", "container ID NAME" or "network ID NAME" each.
#   present.sh apply   check that the containers still run, and keep the list for facts.sh
#   present.sh undo    forget the list
# A process that ended at once fails with the container's last log lines.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/present
settle=1

look() { # ID NAME: prints what is wrong, if anything is
    is=$(docker inspect --type container --format \
        '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' "$1" 2>/dev/null) || is="gone - 0"
    code=${is#* }
    case $is in
    "running "*" 0") return ;;
    "gone "*) echo "container $2 is gone" && return ;;
    "running "* | "restarting "*)
        echo "container $2 keeps ending and being restarted (exit code ${code% *}); its last lines:" ;;
    *)
        echo "container $2 does not run: its process ended with exit code ${code% *}; its last lines:" ;;
    esac
    docker logs --tail 10 "$1" 2>&1 | cut -c1-400 | sed 's/^/    /'
}

apply() {
    read_header
    mkdir -p "$dir"
    cat >"$dir/new"
    containers=$(sed -n 's/^container \([^ ]*\) .*/\1/p' "$dir/new")
    if [ -n "$containers" ]; then
        # shellcheck disable=SC2086
        timeout "$settle" docker wait $containers >/dev/null 2>&1 || :
    fi
    wrong=$(while read -r kind id name; do
        if [ "$kind" = container ]; then look "$id" "$name"; fi
    done <"$dir/new")
    if [ -n "$wrong" ]; then
        rm -f "$dir/new"
        fail "$wrong"
    fi
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

undo() {
    cat >/dev/null
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "present.sh: apply or undo" ;;
esac
