#!/bin/sh
# /etc/docker/daemon.json.
#   daemon.sh apply   have it as the plan says
#   daemon.sh leave   undo that; for a host without our record the header has also was (file, absent:
#                     daemon.json before) and gwbridge (there, absent: docker_gwbridge before), and the
#                     content is an object of what our keys were before
#   daemon.sh undo    the same, from the record alone
# Header words: base (sha256 of the file that the plan saw, or "absent"), action (none, reload,
# restart), own (the keys that are ours, by comma), leave (what undo takes), restarts (those of our
# keys that take a restart), unit (how many lines of a drop-in of docker.service come first).
# Content: that drop-in, then the new file.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/daemon
# shellcheck source=components/scripts/engine.sh
. "$scripts/engine.sh"
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
# shellcheck source=components/scripts/daemon-held.sh
. "$scripts/daemon-held.sh"
# shellcheck source=components/scripts/gwbridge.sh
. "$scripts/gwbridge.sh"

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
        reason=$(dockerd --validate --config-file "$1" 2>&1) || {
            hold_again
            fail "the Docker daemon refuses the new daemon.json, nothing was changed: $(
                printf '%s\n' "$reason" | tail -n 1)"
        }
    elif [ "$(header_word action)" = restart ] && ! [ -s "$dir/unit" ] && ! owns cluster-store; then
        if ! become "$1" || ! reload; then put_back; fi
    fi
}

# The state before the change: file, drop-in, what we hold, and the daemon with them.
put_back() {
    if [ -n "$unwritten" ]; then
        reason=$unwritten
        cmp -s "$dir/previous" "$file" || become "$dir/previous" || :
        become_drop_in "$dir/unit.previous" || :
        hold_again
        fail "$file is as it was and cannot be written: $reason"
    fi
    if [ -n "$missing" ]; then
        reason="container $missing did not run again after the restart"
    else
        reason=$(daemon_reason)
    fi
    missing=
    # Else systemd tries again by itself, between the file and the drop-in.
    if ! systemctl is-active --quiet docker.service; then systemctl stop docker.service || :; fi
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
    hold_again
    rm -f "$dir/new" "$dir/live"
    fail "the Docker daemon refused the new daemon.json and has its old one back: ${reason:-no reason in its journal}"
}

# Certificates and tokens that neither daemon.json nor our drop-in name any more.
drop_certificates() (
    set +f
    for folder in "$state"/tls/*/ "$state"/consul-access/*/; do
        if [ -d "$folder" ] && ! grep -qF "$folder" "$file" "$drop_in" 2>/dev/null; then
            rm -rf "$folder"
        fi
    done
)

apply() {
    read_header
    alone
    mkdir -p "$dir"
    # Of runs that were cut off.
    rm -f "$file.crosshost" "$dir/final" "$dir/final.absent"
    take_over_daemon_json
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
        if ! is_held daemon.json; then
            hold_keys
            note_written
        fi
        rm -f "$dir/new" "$dir/content" "$dir/unit"
        return
    fi
    if [ "$(hash_of "$file")" != "$(header_word base)" ]; then meet; fi
    hold_keys
    remember "$dir/previous"
    if [ -e "$drop_in" ]; then cp "$drop_in" "$dir/unit.previous"; else : >"$dir/unit.previous"; fi
    # Mode and owner are those of the file that is there.
    if [ -e "$file" ]; then cp -p "$file" "$dir/wanted"; else : >"$dir/wanted"; fi
    if ! cmp -s "$dir/new" "$file"; then
        cat "$dir/new" >"$dir/wanted" || fail "cannot write to $dir: is the disk full?"
    fi
    validate "$dir/wanted"
    take "$(header_word action)" "$dir/wanted" "$dir/unit" || put_back
    note_written
    if owns cluster-store; then sh "$scripts/boot.sh" install; fi
    keep_record "$dir" "$dir/content"
    drop_certificates
    rm -f "$dir/content" "$dir/new" "$dir/unit" "$dir/wanted" "$dir/live" "$dir/held" \
        "$state/boot/live" "$dir/previous" "$dir/previous.absent" "$dir/unit.previous"
}

# What the file must become without us. After the last stack that is what was there before the first,
# to the byte, where nobody edited it since; else the file as it is, our keys as others want them or as
# they were.
plan_undo() {
    rm -f "$dir/final" "$dir/final.absent"
    if is_kept daemon.json && ! others_hold daemon.json >/dev/null; then
        before=$(without_stacks)
        if [ -e "$before.absent" ]; then was=absent; else was="file"; fi
        if [ -z "$store_stays" ] && { as_written || [ ! -e "$file" ]; }; then
            if [ "$was" = absent ]; then : >"$dir/final.absent"; else cp -p "$before" "$dir/final"; fi
            return
        fi
    elif [ ! -e "$file" ]; then
        : >"$dir/final.absent"
        return
    fi
    cp -p "$file" "$dir/final.new"
    {
        if is_kept daemon.json; then
            without_us "$(our_keys)" "$dir/final.new"
        else
            json_members restore "$(our_keys)" "$dir/told" <"$file" >"$dir/final.new"
        fi
    } || fail "cannot take our keys out of $file: remove $(our_keys) by hand and run pulumi destroy again"
    if cmp -s "$dir/final.new" "$file"; then touch -r "$file" "$dir/final.new"; fi
    if [ "$was" = absent ] && [ "$(json_members compact <"$dir/final.new")" = '{}' ]; then
        rm -f "$dir/final.new"
        : >"$dir/final.absent"
    else
        mv -f "$dir/final.new" "$dir/final"
    fi
}

# What it takes that the daemon goes on with that: nothing where each of our keys stays as it is.
leaving() {
    if [ -e "$drop_in" ]; then echo restart && return; fi
    if [ -n "$(info '{{.ClusterStore}}')" ] && ! member cluster-store "$dir/final" >/dev/null; then
        echo restart && return
    fi
    ours=$(our_file daemon.json)
    # A change that was cut off before it began has left no record.
    if [ ! -e "$ours" ] || { [ ! -e "$dir/record" ] && cmp -s "$dir/final" "$file"; }; then ours=$file; fi
    takes=none
    for key in $(our_keys | tr , ' '); do
        now=$(member "$key" "$ours") || now=
        after=$(member "$key" "$dir/final") || after=
        if [ "$now" = "$after" ]; then continue; fi
        case ",$(header_word restarts)," in *",$key,"*) echo restart && return ;; esac
        takes=reload
    done
    # The version before did not say which keys.
    case $takes:$(header_word leave):" $header" in
    reload:restart:*" restarts="*) ;;
    reload:restart:*) takes=restart ;;
    esac
    echo "$takes"
}

undo() { # VERB
    read_header
    mkdir -p "$dir"
    cat >"$dir/told"
    was=
    gwbridge=
    if [ "$1" = leave ]; then
        was=$(header_word was)
        gwbridge=$(header_word gwbridge)
    fi
    if [ -e "$dir/record" ]; then read_header <"$dir/record"; fi
    alone
    rm -f "$file.crosshost"
    take_over_daemon_json
    # In a swarm it stays for as long as the host does.
    if [ ! -e "$state/swarm/record" ]; then sh "$scripts/boot.sh" remove; fi
    if is_held daemon.json || [ -n "$was" ]; then take_out; fi
    drop_gwbridge consul "$gwbridge"
    rm -rf "$dir"
}

same_file() { # PATH PATH: the same content, mode, owner and time
    cmp -s "$1" "$2" && [ "$(stat -c '%a %u %g %y' "$1")" = "$(stat -c '%a %u %g %y' "$2")" ]
}

take_out() {
    store_stays=
    if ! others_hold daemon.json >/dev/null && used_by_another_stack overlay global; then
        store_stays=yes
    fi
    # A plan that is there already is that of an undo that was cut off half way.
    if others_hold daemon.json >/dev/null || { [ ! -e "$dir/final" ] && [ ! -e "$dir/final.absent" ]; }; then
        plan_undo
    fi
    written=
    if as_written; then written=yes; fi
    if systemctl is-active --quiet docker.service; then action=$(leaving); else action=none; fi
    if [ "$action" != none ] || [ -e "$drop_in" ] || ! same_file "$dir/final" "$file"; then
        take "$action" "$dir/final" /dev/null ||
            fail "the Docker daemon did not come back with its original $file: ${missing:+container $missing does not run again; }$(daemon_reason)"
    fi
    if [ -n "$written" ]; then note_written; fi
    rm -f "$dir/record"
    let_go daemon.json
}

case ${1:-} in
apply) apply ;;
leave | undo) undo "$1" ;;
*) fail "daemon.sh: apply, leave or undo" ;;
esac
