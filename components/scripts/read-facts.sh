#!/bin/sh
# Runs on the controller: facts.sh on many hosts at once. Stdin: the ssh_config's path, the
# stack, then a line "HOST" or "HOST sudo" each. Prints per host
# "host NAME EXIT-STATUS BEFORE AFTER STDOUT STDERR": our time (seconds) before and after; the last
# two are base64 ("-" if empty). Ends with 0 whatever the hosts do: failures are data.
set -eu
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
IFS= read -r config
IFS= read -r stack
hosts=
while read -r host how; do
    hosts="$hosts $host"
    (
        if [ "$how" = sudo ]; then set -- sudo -n sh -s "$stack"; else set -- sh -s "$stack"; fi
        before=$(date +%s)
        timeout 40 ssh -F "$config" -T "$host" "$@" \
            <"$here/facts.sh" >"$dir/$host.out" 2>"$dir/$host.err" && status=0 || status=$?
        # Connections that are kept open are silent about what fails at a jump host.
        if [ "$status" = 255 ] && grep -q '^ *ProxyJump ' "$config"; then
            timeout 20 ssh -F "$config" -o ControlPath=none \
                -o ProxyCommand="ssh -F $config -o ControlPath=none -o LogLevel=INFO -W [%h]:%p crosshost-jump" \
                -T "$host" true </dev/null >/dev/null 2>"$dir/$host.err" || :
        fi
        echo "$status $before $(date +%s)" >"$dir/$host.status"
    ) &
done
wait
encoded() { if [ -s "$1" ]; then base64 <"$1" | tr -d '\n'; else printf '%s' -; fi; }
for host in $hosts; do
    printf 'host %s %s %s %s\n' "$host" "$(cat "$dir/$host.status")" \
        "$(encoded "$dir/$host.out")" "$(encoded "$dir/$host.err")"
done
