# shellcheck shell=sh
# What scripts share that work in the network namespaces of containers. After common.sh.
# shellcheck disable=SC2034,SC2154
bytes=262144
image=${IMAGE:-}
label=crosshost.probe

has() { command -v "$1" >/dev/null 2>&1; }

usable() { # what a line of stdin may hold
    case $1 in *[!A-Za-z0-9_.:\ -]*) return 1 ;; esac
}

work_in_folder() { # sets $work, gone at the end, with the containers of in_image
    work=$(mktemp -d /run/crosshost-probe.XXXXXX)
    WORKER=$$ started=
    export WORKER work
    trap leave EXIT
    trap 'exit 1' HUP INT PIPE TERM
}

leave() {
    # shellcheck disable=SC2086
    if [ -n "$started" ]; then kill $started 2>/dev/null || :; fi
    wait
    rm -rf "$work"
    if lacking nsenter unshare ping ip bash timeout getent || lacking perl; then remove_ended; fi
}

# Containers of in_image go by themselves, but not before docker run is told, and one that was made and not
# started stays: those of this script, and of others that do not run any more.
remove_ended() {
    tries=20
    while [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        ended=$(timeout 20 docker ps -a --no-trunc --filter "label=$label" --format "{{.ID}} {{.Label \"$label\"}}" |
            while read -r container worker; do
                if [ "$worker" = "$WORKER" ] || ! kill -0 "$worker"; then echo "$container"; fi
            done) 2>/dev/null || :
        [ -n "$ended" ] || return 0
        # shellcheck disable=SC2086
        timeout 20 docker rm -f $ended >/dev/null 2>&1 || sleep 0.3
    done
}

take_lines() { # FILE: lines of stdin up to an empty one
    while IFS= read -r line; do
        [ -n "$line" ] || break
        usable "$line" || fail "probe.sh: a line is none of ours"
        printf '%s\n' "$line"
    done >"$1"
}

lacking() { # TOOL...: whether the host lacks one that $image is there for
    if [ -z "$image" ]; then return 1; fi
    for tool in "$@"; do
        if ! has "$tool"; then return 0; fi
    done
    return 1
}

# With the tools of $image, which a stack file names for hosts that have none.
# It takes the place of the shell that calls it, so that a signal reaches docker.
in_image() { # NAME COMMAND...: sh with COMMAND in the network namespace of a container, - for the host's
    case $1 in -) where=host ;; *) where=container:$1 ;; esac
    shift
    exec docker run --rm --init --pull never --log-driver none --network "$where" --env END \
        --label "$label=$WORKER" \
        --volume "$scripts:$scripts:ro" --entrypoint sh "$image" "$@"
}

# Docker is asked once: "NAME PID SANDBOX NETWORK=ID..." of those that there are, into $work/containers; into
# $work/unasked why others may be there too.
containers() { # NAME... on stdin; - is none
    : >"$work/containers"
    : >"$work/unasked"
    names=$(grep -vx -e - | sort -u) || return 0
    code=0
    # shellcheck disable=SC2016,SC2086
    timeout 20 docker inspect --type container --format '{{.Name}} {{.State.Pid}} {{.NetworkSettings.SandboxKey}}{{range $name, $end := .NetworkSettings.Networks}} {{$name}}={{$end.NetworkID}}{{end}}' \
        -- $names >"$work/inspected" 2>"$work/complaints" || code=$?
    sed 's#^/##' "$work/inspected" >"$work/containers"
    case $code in
    0) ;;
    124) echo "docker inspect takes more than 20 s" >"$work/unasked" ;;
    *)
        said=$(grep -vi -e 'no such container' -e 'no such object' "$work/complaints" | tail -n 1 | tr -c '[:print:]\n' ' ' | cut -c1-150)
        if [ -n "$said" ] || [ ! -s "$work/complaints" ]; then
            echo "docker inspect fails: ${said:-it ends with $code}" >"$work/unasked"
        fi
        ;;
    esac
}

# Lines of FILE with the names of that column replaced; 0 where it does not run, ? where Docker did not say.
pids() { # FILE COLUMN
    missing=0
    if [ -s "$work/unasked" ]; then missing='?'; fi
    awk -v column="$2" -v known="$work/containers" -v missing="$missing" '
        BEGIN { while ((getline line < known) > 0) { split(line, one, " "); pid[one[1]] = one[2] + 0 } }
        { if ($column != "-") $column = $column in pid ? pid[$column] : missing; print }' "$1"
}
