# shellcheck shell=sh
# shellcheck disable=SC2154
shared=/var/lib/crosshost/@host/daemon.json
put_file daemon_json /etc/docker/daemon.json
if [ -f /etc/docker/daemon.json ]; then
    put daemon_json_hash "$(sha256sum </etc/docker/daemon.json | cut -d' ' -f1)"
fi
# The file without what stacks set in it (daemon-held.sh); the version before kept it by stack, and the
# stack that came first has the host's.
if [ -e "$shared/before" ]; then
    if [ -e "$shared/edited" ] || [ -e "$shared/edited.absent" ]; then
        original=$shared/edited
    else
        original=$shared/original
    fi
else
    original=$(stat -c '%Z %n' /var/lib/crosshost/*/daemon/original \
        /var/lib/crosshost/*/daemon/original.absent 2>/dev/null | sort -n | sed -n '1s/^[0-9]* //p')
    original=${original%.absent}
fi
if [ -n "$original" ]; then
    if [ -e "$original.absent" ]; then put daemon_json_original ""; fi
    put_file daemon_json_original "$original"
fi
if [ -f "$shared/written" ]; then
    put daemon_json_written "$(tail -n 1 "$shared/written" | head -c 64)"
fi
# A restart that was cut off: live-restore in daemon.json is ours.
if [ -e "$state/daemon/live" ] || [ -e "$state/boot/live" ]; then put daemon_interrupted 1; fi
