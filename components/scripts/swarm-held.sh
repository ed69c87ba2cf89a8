# shellcheck shell=sh
# A host's part in a swarm, which every stack with overlays on it holds. After held.sh and gwbridge.sh,
# under the lock. `before` and each holder's file are a line of words: role (manager, worker; before
# the first stack came also none) and autolock (on, off; before only of a manager).
# shellcheck disable=SC2034,SC2154,SC2119,SC2120

take_over_swarm() ( # the version before kept it by stack
    set +f
    if is_kept swarm; then return; fi
    was=
    records=$(ls -tr "${state%/*}"/*/swarm/record 2>/dev/null) || :
    for record in $records; do
        adopted=$(word_in "$record" adopted)
        if [ "$adopted" = no ]; then was=none; else : "${was:=$adopted}"; fi
    done
    for record in $records; do
        stack=${record%/swarm/record}
        holder=${stack##*/}
        echo "role=${was:-none}" | keep_before swarm
        echo "role=$(word_in "$record" role)" | hold swarm
    done
)

word_in() { # FILE NAME
    sed -n -e "1s/^\(.* \)\{0,1\}$2=\([^ ]*\).*/\2/p" "$1" 2>/dev/null
}

part_now() { # the line of what the host is
    if [ "$(swarm ControlAvailable)" = true ]; then
        lock=off
        if autolocked; then lock=on; fi
        echo "role=manager autolock=$lock"
    elif active; then
        echo "role=worker"
    else
        echo "role=none"
    fi
}

autolocked() { [ "$(swarm Cluster.Spec.EncryptionConfig.AutoLockManagers)" = true ]; }

hold_swarm() { # with what the header wants
    if [ "$(header_word start)" != stay ]; then
        # Whatever it was in once, into this one crosshost puts it.
        echo "role=none" | keep_before swarm
        echo "role=none" | write_whole "$held/swarm/before"
    else
        part_now | keep_before swarm
    fi
    hold_gwbridge swarm
    lock=$(header_word own_lock)
    echo "role=$(header_word role)${lock:+ autolock=$lock}" | hold swarm
}

wanted() ( # WORD OTHERS: whether a stack wants that, this one too unless OTHERS is given
    files=$(others_hold swarm) || files=
    if [ -z "${2:-}" ] && is_held swarm; then files="$files $(our_file swarm)"; fi
    # shellcheck disable=SC2086
    [ -n "$files" ] && grep -qE "(^| )$1( |\$)" $files
)

role_held() { # [OTHERS]: what the stacks want it to be together
    if wanted role=manager "$@"; then echo manager; else echo worker; fi
}

autolock_held() { # [OTHERS]: on while one of them wants it, or had it before
    if wanted autolock=on "$@" || [ "$(word_in "$held/swarm/before" autolock)" = on ]; then echo on; else echo off; fi
}

# Of the host that begins the swarm; lock is what stacks on other hosts of it want, too.
apply_autolock() {
    [ -n "$(header_word autolock)" ] || return 0
    lock=$(header_word lock)
    if [ "$lock" != on ]; then lock=$(autolock_held); fi
    have_autolock "$lock"
}

have_autolock() { # WANTED: on, off
    [ "$(swarm ControlAvailable)" = true ] || return 0
    case $1 in
    on) autolocked || docker swarm update --autolock=true >/dev/null ;;
    off) ! autolocked || docker swarm update --autolock=false >/dev/null ;;
    esac
}

role_without_us() { # what the host is to be without this stack: "none" where it leaves the swarm
    if others_hold swarm >/dev/null; then
        role_held others
    elif is_kept swarm; then
        word_in "$held/swarm/before" role
    else
        case $(header_word adopted) in
        manager | worker) header_word adopted ;;
        *) if used_by_another_stack overlay swarm; then role_now; else echo none; fi ;;
        esac
    fi
}

role_now() { part_now | sed 's/^role=\([a-z]*\).*/\1/'; }
