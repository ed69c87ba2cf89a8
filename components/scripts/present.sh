#!/bin/sh
# What of the stack is on this host, once all of it was made. Header: any. Content: a line
# "engine VERSION", "container ID NAME WORDS", "ended ID NAME WORDS" (a container that need not run) or
# "network ID NAME WORDS" each; the words say what it holds (planning/conflicts.py).
#   present.sh apply   check that the containers still run, and keep the list for facts
#   present.sh undo    forget the list
# A process that ended at once fails with the container's last log lines.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/present
settle=1
# Docker itself takes a container that ran for so many seconds for started.
proven=10

states() { # ID...: a line each of those that are there: ID, status, exit code, restarts, last start
    docker inspect --type container --format \
        '{{.Id}} {{.State.Status}} {{.State.ExitCode}} {{.RestartCount}} {{.State.StartedAt}}' "$@" \
        2>/dev/null
}

state_of() { # ID: its line of states without the ID
    one=$(states "$1") || one="- gone - - -"
    echo "${one#* }"
}

before() { # ID: what state_of was before the wait
    while read -r other was; do
        if [ "$other" = "$1" ]; then echo "$was"; fi
    done <"$dir/before"
}

rest_of_wait() { # how long the last start of $before is not long enough ago, as timeout takes it
    last=$(cut -d' ' -f5 "$dir/before" | sort | tail -n 1)
    now=$(date +%s%3N 2>/dev/null) || now=
    since=$(date -d "$last" +%s%3N 2>/dev/null) || since=
    case $now-$since in
    *[!0-9-]* | -* | *-) echo "$settle" && return ;;
    esac
    left=$((settle * 1000 - now + since))
    if [ "$left" -gt $((settle * 1000)) ]; then left=$((settle * 1000)); fi
    if [ "$left" -gt 0 ]; then printf '%d.%03d\n' $((left / 1000)) $((left % 1000)); fi
}

age() { # TIME: seconds since then; many where it cannot be told
    since=$(date -d "$1" +%s 2>/dev/null) || since=0
    echo $(($(date +%s) - since))
}

# A container that ended once and was restarted may have crashed long ago. One that ends over and
# over is seen to: it is another start than before, or it does not last until it is proven.
settled() { # ID STATE-BEFORE STATE: whether it runs, and goes on running
    # shellcheck disable=SC2086
    set -- "$1" "$2" $3
    [ "$3" = running ] && [ "${2#* * }" = "$5 $6" ] || return 1
    [ "$5" -gt 0 ] || return 0
    left=$((proven - $(age "$6")))
    [ "$left" -gt 0 ] || return 0
    timeout "$left" docker wait "$1" >/dev/null 2>&1 || :
    again=$(state_of "$1")
    [ "$again" = "running $4 $5 $6" ]
}

look() { # ID NAME STATE-BEFORE: prints what is wrong, if anything is
    is=$(state_of "$1")
    if settled "$1" "$3" "$is"; then return; fi
    is=$(state_of "$1")
    code=${is#* }
    case $is in
    "gone "*) echo "container $2 is gone" && return ;;
    "running "*) echo "container $2 keeps ending and being restarted; its last lines:" ;;
    "restarting "*)
        echo "container $2 keeps ending and being restarted (exit code ${code%% *}); its last lines:" ;;
    *)
        echo "container $2 does not run: its process ended with exit code ${code%% *}; its last lines:" ;;
    esac
    docker logs --tail 10 "$1" 2>&1 | cut -c1-400 | sed 's/^/    /'
}

apply() {
    read_header
    mkdir -p "$dir"
    cat >"$dir/new"
    containers=$(sed -n 's/^container \([^ ]*\) .*/\1/p' "$dir/new")
    : >"$dir/before"
    if [ -n "$containers" ]; then
        # shellcheck disable=SC2086
        states $containers >"$dir/before" || :
        wait=$(rest_of_wait)
        # shellcheck disable=SC2086
        if [ -n "$wait" ]; then timeout "$wait" docker wait $containers >/dev/null 2>&1 || :; fi
    fi
    wrong=$(while read -r kind id name _; do
        if [ "$kind" = container ]; then
            look "$id" "$name" "$(before "$id")"
        fi
    done <"$dir/new")
    rm -f "$dir/before"
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
