# shellcheck shell=sh
# shellcheck disable=SC2154
if [ -n "$info" ]; then
    put_output containers 10 docker ps --all --no-trunc --format \
        '{"id":{{json .ID}},"name":{{json .Names}},"image":{{json .Image}},"state":{{json .State}},"status":{{json .Status}},"stack":{{json (.Label "crosshost.stack")}},"made":{{json (.Label "crosshost.made")}},"host":{{json (.Label "crosshost.host")}},"networks":{{json .Networks}},"ports":{{json .Ports}}}'
fi
