# shellcheck shell=sh
# What the scripts on a host do with the Docker daemon, its daemon.json and our drop-in of
# docker.service. After common.sh; needs $dir, a folder of ours on the host.
# shellcheck disable=SC2034,SC2154
file=/etc/docker/daemon.json
drop_in=/etc/systemd/system/docker.service.d/zz-crosshost-${state##*/}.conf
started=$(date +%s)
unwritten=
restarted=
ran=
missing=

daemon_reason() { # the daemon's own last complaint since $started
    journalctl --unit docker.service --output cat --since "@$started" --no-pager 2>/dev/null |
        grep -vE 'level=(info|warning)' | grep -E 'level=(error|fatal)|^failed|^unable|rror' |
        tail -n 1 | sed -e 's/^.*msg="//' -e 's/"$//'
}

json_members() { sh "$scripts/json-members.sh" "$@"; }

member() { # KEY PATH: its value in a daemon.json as JSON text; fails where it is not there
    [ -s "$2" ] && json_members get "$1" <"$2" 2>/dev/null
}

wait_for_api() { # SECONDS
    tries=$(($1 * 5))
    until docker version >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ] || systemctl is-failed --quiet docker.service; then return 1; fi
        sleep 0.2
    done
}

# A reload is asynchronous: its outcome is in the journal.
reload() {
    started=$(date +%s)
    cursor=$(journalctl --unit docker.service --lines 0 --show-cursor --no-pager --quiet |
        sed -n 's/^-- cursor: //p')
    systemctl kill --signal HUP --kill-who main docker.service || return 1
    tries=300
    while [ "$tries" -gt 0 ]; do
        log=$(journalctl --unit docker.service ${cursor:+--after-cursor="$cursor"} \
            --output cat --no-pager --quiet 2>/dev/null || :)
        case $log in
        *"Reloaded configuration"*) return 0 ;;
        *"Error reconfiguring"* | *"unable to configure"*) return 1 ;;
        esac
        systemctl is-active --quiet docker.service || return 1
        tries=$((tries - 1))
        sleep 0.1
    done
    return 1
}

restart() {
    started=$(date +%s)
    restarted=yes
    systemctl reset-failed docker.service 2>/dev/null || :
    systemctl restart docker.service && wait_for_api 90
}

# Makes daemon.json what $1 is, to the byte and the second; "$1.absent" beside it says there is
# none. Whole or not at all: then $unwritten says why.
become() {
    if [ -e "$1.absent" ]; then
        rm -f "$file"
        return
    fi
    mkdir -p "${file%/*}"
    unwritten=$({ cp -p "$1" "$file.crosshost" && durable "$file.crosshost" &&
        mv -f "$file.crosshost" "$file"; } 2>&1) && return
    rm -f "$file.crosshost"
    return 1
}

become_drop_in() { # PATH: the drop-in is what PATH is; where that is empty or absent there is none
    if [ -s "$1" ]; then
        cmp -s "$1" "$drop_in" && return
        if [ ! -d "${drop_in%/*}" ]; then mkdir "${drop_in%/*}" && : >"$dir/made-folder"; fi
        unwritten=$({ rm -f "$drop_in.new" && (umask 022 && cat "$1" >"$drop_in.new") &&
            durable "$drop_in.new" && mv -f "$drop_in.new" "$drop_in"; } 2>&1) || return 1
    else
        [ -e "$drop_in" ] || return 0
        rm -f "$drop_in"
        # Without a record nobody knows whether the folder is ours: an empty one is of no use.
        if [ -e "$dir/made-folder" ] || [ ! -e "$dir/record" ]; then rmdir "${drop_in%/*}" 2>/dev/null || :; fi
    fi
    systemctl daemon-reload
}

# daemon.json and drop-in in place; where the power fails between the two, dockerd still starts:
# -H beside hosts is what it refuses. Without DROP-IN that stays as it is.
place() { # PATH [DROP-IN]
    if [ $# = 1 ]; then
        become "$1"
    elif [ -s "$2" ]; then
        become_drop_in "$2" && become "$1"
    else
        become "$1" && become_drop_in "$2"
    fi
}

remember() { # PATH: keep what daemon.json is now, for become
    rm -f "$1" "$1.absent"
    if [ -e "$file" ]; then
        cp -p "$file" "$1.new" && durable "$1.new" && mv -f "$1.new" "$1"
    else
        : >"$1.absent"
    fi || fail "cannot write to $dir: is the disk full?"
}

# Leaves in $dir/live what $1 is with live-restore set to $2.
with_live_restore() {
    if [ -s "$1" ]; then cp -p "$1" "$dir/live"; else rm -f "$dir/live"; fi
    if [ -s "$1" ]; then cat "$1"; else echo '{}'; fi |
        json_members set live-restore "$2" >"$dir/live"
}

# The daemon keeps the value of a key that goes from the file. Reloads it with the default's value
# in place of each of those that $1 does not have any more.
forget() { # PATH
    forgotten=
    if [ -s "$1" ]; then cp -p "$1" "$dir/live"; else echo '{}' >"$dir/live"; fi
    for pair in debug=false live-restore=false shutdown-timeout=15 'default-runtime="runc"' \
        runtimes={} labels=[] insecure-registries=[] registry-mirrors=[] \
        allow-nondistributable-artifacts=[] authorization-plugins=[]; do
        key=${pair%%=*}
        member "$key" "$file" >/dev/null || continue
        if member "$key" "$1" >/dev/null; then continue; fi
        json_members set "$key" "${pair#*=}" <"$dir/live" >"$dir/live.new"
        cat "$dir/live.new" >"$dir/live"
        forgotten=yes
    done
    rm -f "$dir/live.new"
    [ -z "$forgotten" ] || { become "$dir/live" && reload; }
}

# Docker 29.0 to 29.2 lose these addresses by any reload (moby#52060): they are restarted instead.
loses_addresses() { # PATH: the file that is to come
    case $(dockerd --version 2>/dev/null) in
    *" 29."[0-2].*) ;;
    *) return 1 ;;
    esac
    if grep -qsE '"(dns|host-gateway-ips?)"' "$file" "$1"; then return 0; fi
    systemctl cat docker.service 2>/dev/null | grep -qE -e '--(dns|host-gateway-ip)[= ]'
}

reload_with() { # PATH [DROP-IN]
    if loses_addresses "$1"; then
        restart_with "$@"
    elif forget "$1"; then
        if [ -n "$forgotten" ]; then place "$@"; else place "$@" && reload; fi && wait_for_api 30
    else
        return 1
    fi
}

# Restarts the daemon with what $1 and $2 are (see place). Running containers stay: live-restore is
# on for the time of the restart. Where that cannot be, they end and start again.
restart_with() { # PATH [DROP-IN]
    ran=$(docker ps --quiet --no-trunc 2>/dev/null)
    if [ -z "$ran" ] || ! may_live_on "$1"; then
        place "$@" && restart && start_again && come_again
        return
    fi
    if [ "$(info '{{.LiveRestoreEnabled}}')" != true ]; then
        with_live_restore "$file" true && become "$dir/live" && reload || return 1
    fi
    come_back "$@"
}

# Whether live-restore can be on for a restart: Swarm forbids it, and a reload turns it on and off.
may_live_on() { # PATH
    [ "$(info '{{.Swarm.LocalNodeState}}')" = inactive ] || return 1
    if ! loses_addresses "$1"; then return 0; fi
    [ "$(info '{{.LiveRestoreEnabled}}')" = true ] && [ "$(member live-restore "$1")" = true ]
}

# Those of $ran whose policy does not bring them back.
start_again() {
    for id in $ran; do
        case $(docker inspect --type container --format \
            '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$id" 2>/dev/null) in
        "false no" | "false on-failure") docker start "$id" >/dev/null 2>&1 || : ;;
        esac
    done
}

# The same where the daemon has live-restore on already, or is down since it had.
come_back() { # PATH [DROP-IN]
    final=$1
    with_live_restore "$final" true || return 1
    shift
    if ! { place "$dir/live" "$@" && restart && come_again; }; then
        become "$final"
        return 1
    fi
    if [ "$(member live-restore "$final")" != true ]; then
        with_live_restore "$final" false && become "$dir/live" && reload || return 1
    fi
    become "$final"
    rm -f "$dir/live"
}

# Waits until the containers that ran before the restart run; else $missing names one.
come_again() {
    tries=150
    for id in $ran; do
        until ! back=$(docker inspect --type container --format \
            '{{.State.Running}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}} {{.Name}}' \
            "$id" 2>/dev/null) || comes_not "$back"; do
            tries=$((tries - 1))
            if [ "$tries" -le 0 ]; then
                missing=${back##*/}
                return 1
            fi
            sleep 0.2
        done
    done
}

comes_not() { # STATE: whether nothing more is to be waited for
    case $1 in
    "true "* | "false 0 no "* | "false 0 on-failure "*) return 0 ;;
    "false "*" no "*) [ "$(info '{{.Swarm.LocalNodeState}}')" != inactive ] ;;
    *) return 1 ;;
    esac
}
