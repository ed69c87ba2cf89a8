#!/bin/sh
# /etc/docker/daemon.json: apply what the plan says, or undo it.
# Header words: base (sha256 of the file that the plan saw, or "absent"), action (none, reload,
# restart), own (the keys that are ours, by comma). Content: the new file.
# shellcheck source=components/scripts/common.sh
. /var/lib/crosshost/scripts/common.sh
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
        *"reconfigur"*"level=error"* | *"level=error"*"reload"* | *"unable to configure"*) return 1 ;;
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

act() { # ACTION
    case $1 in
    none) ;;
    reload) reload && wait_for_api 30 ;;
    restart) restart ;;
    *) fail "unknown action $1" ;;
    esac
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
    sync "$file.crosshost" 2>/dev/null || sync
    mv -f "$file.crosshost" "$file"
}

put_back() { # what the file was before this run
    if [ -e "$dir/previous" ]; then cp -p "$dir/previous" "$file.crosshost" && mv -f "$file.crosshost" "$file"; else rm -f "$file"; fi
    rm -f "$dir/previous"
}

validate() { # PATH
    if dockerd --help 2>/dev/null | grep -q -e --validate; then
        reason=$(dockerd --validate --config-file "$1" 2>&1) ||
            fail "the Docker daemon refuses the new daemon.json: $reason"
    fi
}

apply() {
    read_header
    mkdir -p "$dir"
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
        if [ -e "$file" ]; then
            cp -p "$file" "$dir/original.new"
            mv "$dir/original.new" "$dir/original"
        else
            : >"$dir/original.absent"
        fi
        if docker network inspect docker_gwbridge >/dev/null 2>&1; then : >"$dir/gwbridge"; fi
    fi
    if cmp -s "$dir/new" "$file"; then
        act "$(header_word action)" || fail "the Docker daemon did not take the settings: $(daemon_reason)"
    else
        rm -f "$dir/previous"
        if [ -e "$file" ]; then cp -p "$file" "$dir/previous"; fi
        install_file "$dir/new" || { put_back; fail "cannot write $file: is the disk full?"; }
        if ! act "$(header_word action)"; then
            reason=$(daemon_reason)
            put_back
            if systemctl is-active --quiet docker.service; then reload || :; else restart || :; fi
            fail "the Docker daemon refused the new daemon.json and has its old one back: ${reason:-no reason in its journal}"
        fi
        rm -f "$dir/previous"
    fi
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

# With containers running, a restart keeps them by turning live-restore on for its time.
gentle_restart() {
    if [ -z "$(docker ps --quiet 2>/dev/null)" ] ||
        docker info --format '{{.LiveRestoreEnabled}}' 2>/dev/null | grep -q true ||
        docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null | grep -qv inactive; then
        restart
        return
    fi
    cp -p "$file" "$dir/settled" 2>/dev/null || : >"$dir/settled.absent"
    sh /var/lib/crosshost/scripts/json-members.sh set live-restore true <"$file" >"$dir/live" 2>/dev/null ||
        echo '{"live-restore": true}' >"$dir/live"
    install_file "$dir/live"
    reload
    restart && status=0 || status=1
    if [ -e "$dir/settled.absent" ]; then rm -f "$file"; else mv -f "$dir/settled" "$file"; fi
    rm -f "$dir/live" "$dir/settled.absent"
    reload && return "$status"
}

undo() {
    read_header
    cat >/dev/null
    if [ ! -e "$dir/original" ] && [ ! -e "$dir/original.absent" ]; then
        rm -rf "$dir"
        exit 0
    fi
    tail -n +2 "$dir/record" >"$dir/written" 2>/dev/null || : >"$dir/written"
    if cmp -s "$dir/written" "$file"; then
        if [ -e "$dir/original" ]; then
            cp -p "$dir/original" "$file.crosshost"
            mv -f "$file.crosshost" "$file"
        else
            rm -f "$file"
        fi
    elif [ -e "$file" ]; then
        if [ -e "$dir/original" ]; then original=$dir/original; else original=/dev/null; fi
        sh /var/lib/crosshost/scripts/json-members.sh restore "$(header_word own)" "$original" \
            <"$file" >"$dir/restored" || fail "cannot take our keys out of $file: remove $(header_word own) by hand and run pulumi destroy again"
        install_file "$dir/restored"
    fi
    if systemctl is-active --quiet docker.service; then
        case ",$(header_word own)," in
        *,cluster-store,*) gentle_restart ;;
        *) reload ;;
        esac || fail "the Docker daemon did not come back with the original $file: $(daemon_reason)"
        if [ ! -e "$dir/gwbridge" ]; then
            docker network rm docker_gwbridge >/dev/null 2>&1 || :
        fi
    fi
    rm -rf "$dir"
}

started=$(date +%s)
case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "daemon.sh: apply or undo" ;;
esac
