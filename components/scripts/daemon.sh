#!/bin/sh
# /etc/docker/daemon.json: apply what the plan says, or undo it.
# Header words: base (sha256 of the file that the plan saw, or "absent"), action (none, reload,
# restart), own (the keys that are ours, by comma), leave (what undo takes), unit (how many lines of
# a drop-in of docker.service come first). Content: that drop-in, then the new file.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/daemon
# shellcheck source=components/scripts/engine.sh
. "$scripts/engine.sh"

owns() { # KEY
    case ",$(header_word own)," in *",$1,"*) ;; *) return 1 ;; esac
}

take() { # ACTION PATH DROP-IN: file and drop-in become what these are, and the daemon takes them
    action=$1
    shift
    case $action in
    none) place "$@" ;;
    reload) reload_with "$@" && wait_for_gossip 10 ;;
    restart) restart_with "$@" && wait_for_gossip 30 ;;
    *) fail "unknown action $action" ;;
    esac
}

# Says no before anything changes. Engines that cannot be asked read the file by a reload first:
# that refuses what they do not know, and they run on.
validate() { # PATH
    if dockerd --help 2>/dev/null | grep -q -e --validate; then
        reason=$(dockerd --validate --config-file "$1" 2>&1) ||
            fail "the Docker daemon refuses the new daemon.json, nothing was changed: $(
                printf '%s\n' "$reason" | tail -n 1)"
    elif [ "$(header_word action)" = restart ] && ! [ -s "$dir/unit" ] && ! owns cluster-store; then
        if ! become "$1" || ! reload; then put_back; fi
    fi
}

# The state before the change: file, drop-in, and the daemon with them.
put_back() {
    if [ -n "$unwritten" ]; then
        reason=$unwritten
        cmp -s "$dir/previous" "$file" || become "$dir/previous" || :
        become_drop_in "$dir/unit.previous" || :
        fail "$file is as it was and cannot be written: $reason"
    fi
    if [ -n "$missing" ]; then
        reason="container $missing did not run again after the restart"
    else
        reason=$(daemon_reason)
    fi
    missing=
    if [ -z "$restarted" ] && systemctl is-active --quiet docker.service; then
        place "$dir/previous" "$dir/unit.previous"
        loses_addresses "$dir/previous" || reload || :
    elif systemctl is-active --quiet docker.service; then
        restart_with "$dir/previous" "$dir/unit.previous" || :
    elif [ -n "$ran" ]; then
        come_back "$dir/previous" "$dir/unit.previous" || :
    else
        place "$dir/previous" "$dir/unit.previous"
        restart || :
    fi
    for id in $ran; do docker start "$id" >/dev/null 2>&1 || :; done
    rm -f "$dir/new" "$dir/live"
    fail "the Docker daemon refused the new daemon.json and has its old one back: ${reason:-no reason in its journal}"
}

# A file that is as we want it and shows our hand already is no original: what we kept was lost.
keep_original() {
    if cmp -s "$dir/new" "$file" && { [ -e "$drop_in" ] || grep -q '"cluster-store"' "$file"; }; then
        cp -p "$file" "$dir/original.new"
        json_members restore "$(header_word own)" /dev/null <"$file" >"$dir/original.new"
        mv -f "$dir/original.new" "$dir/original"
        return
    fi
    if docker network inspect docker_gwbridge >/dev/null 2>&1; then : >"$dir/gwbridge"; fi
    remember "$dir/original"
}

# Certificates that daemon.json does not name any more.
drop_certificates() (
    set +f
    for folder in "$state"/tls/*/; do
        if [ -d "$folder" ] && ! grep -qF "$folder" "$file" 2>/dev/null; then rm -rf "$folder"; fi
    done
)

apply() {
    read_header
    alone
    mkdir -p "$dir"
    # Of runs that were cut off.
    rm -f "$file.crosshost" "$dir/final" "$dir/final.absent"
    chmod 700 "$state" "$dir"
    cat >"$dir/content" || fail "cannot write to $dir: is the disk full?"
    lines=$(header_word unit)
    case ${lines:=0} in *[!0-9]*) fail "unit is no number: $lines" ;; esac
    { head -n "$lines" "$dir/content" >"$dir/unit" &&
        tail -n "+$((lines + 1))" "$dir/content" >"$dir/new"; } ||
        fail "cannot write to $dir: is the disk full?"
    if [ "$lines" = 0 ]; then : >"$dir/unit"; fi
    if [ "$(head -n 1 "$dir/record" 2>/dev/null)" = "$header" ] && cmp -s "$dir/new" "$file" &&
        { cmp -s "$dir/unit" "$drop_in" || { [ ! -s "$dir/unit" ] && [ ! -e "$drop_in" ]; }; }; then
        rm -f "$dir/new" "$dir/content" "$dir/unit"
        return
    fi
    if [ "$(hash_of "$file")" != "$(header_word base)" ]; then
        fail "$file changed on the host after it was looked at: run pulumi up again"
    fi
    if [ ! -e "$dir/original" ] && [ ! -e "$dir/original.absent" ]; then
        keep_original
    fi
    remember "$dir/previous"
    if [ -e "$drop_in" ]; then cp "$drop_in" "$dir/unit.previous"; else : >"$dir/unit.previous"; fi
    # Mode and owner are those of the file that is there.
    if [ -e "$file" ]; then cp -p "$file" "$dir/wanted"; else : >"$dir/wanted"; fi
    if ! cmp -s "$dir/new" "$file"; then
        cat "$dir/new" >"$dir/wanted" || fail "cannot write to $dir: is the disk full?"
    fi
    validate "$dir/wanted"
    take "$(header_word action)" "$dir/wanted" "$dir/unit" || put_back
    if owns cluster-store; then sh "$scripts/boot.sh" install; fi
    keep_record "$dir" "$dir/content"
    drop_certificates
    rm -f "$dir/content" "$dir/new" "$dir/unit" "$dir/wanted" "$dir/live" "$state/boot/live" \
        "$dir/previous" "$dir/previous.absent" "$dir/unit.previous"
}

# What the file must become: the original, or, where somebody else edited it since, the file as
# it is without our keys.
plan_undo() {
    lines=$(header_word unit)
    tail -n "+$((${lines:-0} + 2))" "$dir/record" >"$dir/written" 2>/dev/null || : >"$dir/written"
    rm -f "$dir/final" "$dir/final.absent"
    if cmp -s "$dir/written" "$file" || [ ! -e "$file" ]; then
        if [ -e "$dir/original" ]; then cp -p "$dir/original" "$dir/final.new"; else : >"$dir/final.absent"; fi
    else
        if [ -e "$dir/original" ]; then original=$dir/original; else original=/dev/null; fi
        own=$(header_word own)
        # Of a restart of ours that was cut off.
        if [ -e "$dir/live" ]; then own=${own:+$own,}live-restore; fi
        cp -p "$file" "$dir/final.new"
        json_members restore "$own" "$original" <"$file" >"$dir/final.new" ||
            fail "cannot take our keys out of $file: remove $own by hand and run pulumi destroy again"
    fi
    if [ ! -e "$dir/final.absent" ]; then mv -f "$dir/final.new" "$dir/final"; fi
}

# Whether undo finds nothing to do: nothing was taken, or somebody put the file back.
untouched() {
    if [ -e "$drop_in" ] || [ -n "$(info '{{.ClusterStore}}')" ]; then return 1; fi
    { [ ! -e "$dir/record" ] || [ "$(header_word leave)" != restart ] || owns cluster-store; } &&
        cmp -s "$dir/original" "$file"
}

undo() {
    read_header
    cat >/dev/null
    if [ -e "$dir/record" ]; then read_header <"$dir/record"; fi
    alone
    rm -f "$file.crosshost"
    # In a swarm it stays for as long as the host does.
    if [ ! -e "$state/swarm/record" ]; then sh "$scripts/boot.sh" remove; fi
    if [ ! -e "$dir/original" ] && [ ! -e "$dir/original.absent" ] || untouched; then
        rm -rf "$dir"
        exit 0
    fi
    # A plan that is there already is that of an undo that was cut off half way.
    if [ ! -e "$dir/final" ] && [ ! -e "$dir/final.absent" ]; then plan_undo; fi
    if systemctl is-active --quiet docker.service; then
        action=$(header_word leave)
        if owns cluster-store; then action=restart; fi
        take "${action:-reload}" "$dir/final" /dev/null ||
            fail "the Docker daemon did not come back with its original $file: ${missing:+container $missing does not run again; }$(daemon_reason)"
        if owns cluster-store && [ ! -e "$dir/gwbridge" ] &&
            docker network inspect docker_gwbridge >/dev/null 2>&1; then
            # Somebody else's container may use it: then it stays.
            docker network rm docker_gwbridge >/dev/null 2>&1 || :
        fi
    else
        place "$dir/final" /dev/null
    fi
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "daemon.sh: apply or undo" ;;
esac
