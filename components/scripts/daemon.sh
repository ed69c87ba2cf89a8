#!/bin/sh
# /etc/docker/daemon.json: apply what the plan says, or undo it.
# Header words: base (sha256 of the file that the plan saw, or "absent"), action (none, reload,
# restart), own (the keys that are ours, by comma). Content: the new file.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
file=/etc/docker/daemon.json
# shellcheck disable=SC2154
dir=$state/daemon

daemon_reason() { # the daemon's own last complaint since $started
    journalctl --unit docker.service --output cat --since "@$started" --no-pager 2>/dev/null |
        grep -E 'level=(error|fatal)|^failed|^unable|rror' | tail -n 1 |
        sed -e 's/^.*msg="//' -e 's/"$//'
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
    systemctl reset-failed docker.service 2>/dev/null || :
    systemctl restart docker.service && wait_for_api 90
}

# Puts the content of $1 in place of the file: whole or not at all, mode and owner kept.
install_file() {
    mkdir -p /etc/docker
    rm -f "$file.crosshost"
    if [ -e "$file" ]; then cp -p "$file" "$file.crosshost"; else : >"$file.crosshost"; fi
    if ! cat "$1" >"$file.crosshost"; then
        rm -f "$file.crosshost"
        return 1
    fi
    durable "$file.crosshost"
    mv -f "$file.crosshost" "$file"
}

# Makes the file what $1 is, to the byte and the second; "$1.absent" beside it says there is none.
# Whole or not at all: then $unwritten says why.
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

remember() { # PATH: keep what the file is now, for become
    rm -f "$1" "$1.absent"
    if [ -e "$file" ]; then
        cp -p "$file" "$1.new" && durable "$1.new" && mv -f "$1.new" "$1"
    else
        : >"$1.absent"
    fi || fail "cannot write to $dir: is the disk full?"
}

# Leaves in $dir/live the JSON object of $1 with live-restore set to $2.
with_live_restore() {
    if [ -s "$1" ]; then cat "$1"; else echo '{}'; fi |
        json_members set live-restore "$2" >"$dir/live"
}

json_members() { sh "$scripts/json-members.sh" "$@"; }

# Restarts the daemon with the file that $1 is (see become). Running containers stay: live-restore
# is on for the time of the restart where it is not on anyway. Swarm forbids live-restore.
restart_with() {
    if [ -z "$(docker ps --quiet 2>/dev/null)" ] || [ "$(info '{{.LiveRestoreEnabled}}')" = true ] ||
        [ "$(info '{{.Swarm.LocalNodeState}}')" != inactive ]; then
        become "$1" && restart
        return
    fi
    with_live_restore "$file" true && install_file "$dir/live" && reload || return 1
    with_live_restore "$1" true && install_file "$dir/live" && restart || return 1
    with_live_restore "$1" false && install_file "$dir/live" && reload || return 1
    become "$1"
    rm -f "$dir/live"
}

take() { # ACTION PATH: the file becomes PATH (see become) and the daemon takes it
    case $1 in
    none) become "$2" ;;
    reload) become "$2" && reload && wait_for_api 30 && wait_for_gossip 10 ;;
    restart) restart_with "$2" ;;
    *) fail "unknown action $1" ;;
    esac
}

validate() { # PATH
    if dockerd --help 2>/dev/null | grep -q -e --validate; then
        reason=$(dockerd --validate --config-file "$1" 2>&1) ||
            fail "the Docker daemon refuses the new daemon.json: $reason"
    fi
}

# A file that has our cluster store already is no original: what we kept was lost.
keep_original() {
    if cmp -s "$dir/new" "$file" && grep -q '"cluster-store"' "$file"; then
        cp -p "$file" "$dir/original.new"
        json_members restore cluster-store,cluster-advertise /dev/null <"$file" >"$dir/original.new"
        mv -f "$dir/original.new" "$dir/original"
        return
    fi
    if docker network inspect docker_gwbridge >/dev/null 2>&1; then : >"$dir/gwbridge"; fi
    remember "$dir/original"
}

apply() {
    read_header
    alone
    mkdir -p "$dir"
    # Of runs that were cut off.
    rm -f "$file.crosshost" "$dir/final" "$dir/final.absent"
    chmod 700 "$state" "$dir"
    cat >"$dir/new" || fail "cannot write to $dir: is the disk full?"
    if cmp -s "$dir/new" "$file" && [ "$(head -n 1 "$dir/record" 2>/dev/null)" = "$header" ]; then
        rm -f "$dir/new"
        return
    fi
    if [ "$(hash_of "$file")" != "$(header_word base)" ]; then
        fail "$file changed on the host after it was looked at: run pulumi up again"
    fi
    validate "$dir/new"
    if [ ! -e "$dir/original" ] && [ ! -e "$dir/original.absent" ]; then
        keep_original
    fi
    remember "$dir/previous"
    # Mode and owner are those of the file that is there.
    if [ -e "$file" ]; then cp -p "$file" "$dir/wanted"; else : >"$dir/wanted"; fi
    if ! cmp -s "$dir/new" "$file"; then
        cat "$dir/new" >"$dir/wanted" || fail "cannot write to $dir: is the disk full?"
    fi
    if ! take "$(header_word action)" "$dir/wanted"; then
        if [ -n "$unwritten" ]; then fail "$file is as it was and cannot be written: $unwritten"; fi
        reason=$(daemon_reason)
        become "$dir/previous"
        if systemctl is-active --quiet docker.service; then reload || :; else restart || :; fi
        rm -f "$dir/new"
        fail "the Docker daemon refused the new daemon.json and has its old one back: ${reason:-no reason in its journal}"
    fi
    case ",$(header_word own)," in
    *,cluster-store,*) sh "$scripts/boot.sh" install ;;
    esac
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new" "$dir/wanted" "$dir/previous" "$dir/previous.absent" "$dir/live"
}

# What the file must become: the original, or, where somebody else edited it since, the file as
# it is without our keys.
plan_undo() {
    tail -n +2 "$dir/record" >"$dir/written" 2>/dev/null || : >"$dir/written"
    rm -f "$dir/final" "$dir/final.absent"
    if cmp -s "$dir/written" "$file" || [ ! -e "$file" ]; then
        if [ -e "$dir/original" ]; then cp -p "$dir/original" "$dir/final.new"; else : >"$dir/final.absent"; fi
    else
        if [ -e "$dir/original" ]; then original=$dir/original; else original=/dev/null; fi
        cp -p "$file" "$dir/final.new"
        json_members restore "$(header_word own)" "$original" \
            <"$file" >"$dir/final.new" ||
            fail "cannot take our keys out of $file: remove $(header_word own) by hand and run pulumi destroy again"
    fi
    if [ ! -e "$dir/final.absent" ]; then mv -f "$dir/final.new" "$dir/final"; fi
}

undo() {
    read_header
    cat >/dev/null
    alone
    rm -f "$file.crosshost"
    sh "$scripts/boot.sh" remove
    if [ ! -e "$dir/original" ] && [ ! -e "$dir/original.absent" ]; then
        rm -rf "$dir"
        exit 0
    fi
    # Nothing was taken, or somebody put it back.
    if cmp -s "$dir/original" "$file" && [ -z "$(info '{{.ClusterStore}}')" ]; then
        rm -rf "$dir"
        exit 0
    fi
    # A plan that is there already is that of an undo that was cut off half way.
    if [ ! -e "$dir/final" ] && [ ! -e "$dir/final.absent" ]; then plan_undo; fi
    if systemctl is-active --quiet docker.service; then
        case ",$(header_word own)," in
        *,cluster-store,*) action=restart ;;
        *) action=reload ;;
        esac
        take "$action" "$dir/final" ||
            fail "the Docker daemon did not come back with its original $file: $(daemon_reason)"
        if [ ! -e "$dir/gwbridge" ] && docker network inspect docker_gwbridge >/dev/null 2>&1; then
            # Somebody else's container may use it: then it stays.
            docker network rm docker_gwbridge >/dev/null 2>&1 || :
        fi
    else
        become "$dir/final"
    fi
    rm -rf "$dir"
}

started=$(date +%s)
unwritten=
case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "daemon.sh: apply or undo" ;;
esac
