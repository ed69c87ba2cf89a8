#!/bin/sh
# Are the containers that were just started still running? Header: any. Content: a line
# "ID NAME" each. A process that ended at once fails with the container's last log lines.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
settle=1

read_header
rows=$(cat)
# shellcheck disable=SC2046
timeout "$settle" docker wait $(printf '%s\n' "$rows" | cut -d' ' -f1) >/dev/null 2>&1 || :
bad=0
while read -r id name; do
    [ -n "$id" ] || continue
    is=$(docker inspect --format \
        '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}' "$id" 2>/dev/null) || is="gone - 0"
    case $is in
    "running "*" 0") continue ;;
    "gone "*) echo "container $name is gone" ;;
    "running "* | "restarting "*)
        code=${is#* }
        echo "container $name keeps ending and being restarted (exit code ${code% *}); its last lines:" ;;
    *)
        code=${is#* }
        echo "container $name does not run: its process ended with exit code ${code% *}; its last lines:" ;;
    esac
    docker logs --tail 10 "$id" 2>&1 | cut -c1-400 | sed 's/^/    /'
    bad=1
done <<EOT
$rows
EOT
exit "$bad"
