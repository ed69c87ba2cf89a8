# shellcheck shell=sh
# What scripts share that work in the network namespaces of containers. After common.sh.
# shellcheck disable=SC2034,SC2154
bytes=262144
image=${IMAGE:-}

has() { command -v "$1" >/dev/null 2>&1; }

usable() { # what a line of stdin may hold
    ! printf '%s\n' "$1" | grep -q '[^A-Za-z0-9_.: -]'
}

work_in_folder() { # sets $work, gone at the end
    work=$(mktemp -d /run/crosshost-probe.XXXXXX)
    trap 'rm -rf "$work"' EXIT
}

take_lines() { # into $work/lines
    while IFS= read -r line; do
        [ -n "$line" ] || break
        usable "$line" || fail "probe.sh: a line is none of ours"
        printf '%s\n' "$line"
    done >"$work/lines"
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
        --volume "$scripts:$scripts:ro" --entrypoint sh "$image" "$@"
}

# Names are looked up once: "NAME PID" of those that run.
pids() { # FILE COLUMN: lines of FILE with the names of that column replaced; 0 where it does not run
    names=$(cut -d' ' -f"$2" "$1" | grep -vx -e - | sort -u) || names=
    : >"$work/pids"
    if [ -n "$names" ]; then
        # shellcheck disable=SC2086
        timeout 20 docker inspect --type container --format '{{.Name}} {{.State.Pid}}' -- $names \
            2>/dev/null | sed 's#^/##' >"$work/pids" || :
    fi
    awk -v column="$2" -v pids="$work/pids" '
        BEGIN { while ((getline line < pids) > 0) { split(line, one, " "); pid[one[1]] = one[2] } }
        { if ($column != "-") $column = pid[$column] + 0; print }' "$1"
}
