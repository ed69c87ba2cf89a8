# shellcheck shell=sh
# shellcheck disable=SC2154
free() { # NAME DIRECTORY: free kilobytes, for this user
    # shellcheck disable=SC2046
    set -- "$1" $(within 5 df -k --output=avail "$2" 2>/dev/null | head -c 200)
    if [ -n "${3:-}" ]; then put "$1" "$3"; fi
}
free free_etc /etc
# Where crosshost keeps what it has to undo, and what a remount after a disk's error takes away.
kept=/var/lib/crosshost
if [ -e "$kept" ] || [ -L "$kept" ]; then
    put state_folder "$(stat -L -c '%u %a %F' "$kept" 2>/dev/null)"
fi
if ! [ -d "$kept" ]; then kept=/var/lib; fi
free free_state "$kept"
unwritable() { [ "$uid" = 0 ] && [ -d "$1" ] && ! [ -w "$1" ]; }
if unwritable "$kept"; then put read_only "state $kept"; fi
if unwritable /etc/systemd/system; then put read_only "units /etc/systemd/system"; fi
settings=/etc/docker
if ! [ -d "$settings" ]; then settings=/etc; fi
if unwritable "$settings"; then put read_only "daemon_json $settings"; fi
free free_docker "${root:-/var/lib/docker}"
