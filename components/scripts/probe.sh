#!/bin/sh
# What reaches what, tried from inside the network namespaces of containers with what the host has, so
# that any image will do.
#   probe.sh ask [IMAGE]
#                    stdin: lines "ID KIND FROM TARGET MORE WANT"; prints "ID OUTCOME MS WHY..." for each,
#                    OUTCOME yes, no or unknown: a tool that is missing or fails is no answer; then, where an
#                    empty line and lines for `tables.sh read` follow, what that prints
#     FROM           a container's name, or - for the host itself
#     ping           TARGET answers
#     tcp            TARGET answers on port MORE: it accepts or refuses
#     port           TARGET accepts on port MORE
#     published      TARGET accepts on port MORE, which a container may not listen on yet
#     transfer       a server of probe-server.sh on port MORE takes and sends back 256 KiB
#     name           the name MORE is TARGET, by the container's own name servers and hosts
#     size           TARGET answers a packet as large as the interface lets out, in one piece
#   probe.sh look    stdin: lines "ID FROM TARGET"; prints "ID neighbour STATE MAC" and "ID size BYTES", the
#                    largest packet that arrives; and "ID checksums COUNT", of TCP packets that came to FROM
#                    with wrong ones, all that there is where TARGET is -
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/namespaces.sh
. "$scripts/namespaces.sh"
# shellcheck source=components/scripts/probe-kinds.sh
. "$scripts/probe-kinds.sh"

one() { # of $id $kind $target $more $want
    refused=yes ms=- why='' outcome=unknown patience=1 packets=1 tries=0
    # One packet that is lost is no denial.
    if [ "$want" = no ]; then packets=3; fi
    now && began=$now
    while :; do
        again=no
        "probe_$kind"
        tries=$((tries + 1)) && now
        # What is promised may take a moment to come about, room in a table too.
        case $outcome:$want:$again in
        no:yes:* | unknown:*:yes) ;;
        *) break ;;
        esac
        if [ "$tries" -gt 1 ] && [ "$now" -ge "$END" ]; then break; fi
        # A busy host answers late.
        patience=3 packets=3
        sleep 0.3
    done
    if [ "$ms$outcome" = -yes ] && [ "$kind" != ping ]; then ms=$((now - began)); fi
    printf '%s %s %s %s\n' "$id" "$outcome" "$ms" "$why"
}

unknown() { # WHY ID,...: none of these probes can be made
    reason=$1 && shift
    for probe in "$@"; do echo "${probe%%,*} unknown - $reason"; done
}

all() { # ID,KIND,TARGET,MORE,WANT...: all at once, in the namespace that this runs in
    for probe in "$@"; do
        IFS=, read -r id kind target more want <<PROBE
$probe
PROBE
        one &
    done
    wait
}

names() { # PID ID,...: with the container's files in place of the host's, for this process alone
    root=/proc/$1/root && shift
    {
        mount -t tmpfs none /mnt && cat "$root/etc/resolv.conf" >/mnt/resolv.conf &&
            cat "$root/etc/hosts" >/mnt/hosts && echo "hosts: files dns" >/mnt/nsswitch.conf
    } 2>/dev/null || { unknown "the container's name servers cannot be read" "$@" && return; }
    for file in resolv.conf hosts nsswitch.conf; do
        [ -e "/etc/$file" ] || continue
        mount --bind "/mnt/$file" "/etc/$file" || { unknown "$file cannot be put in place" "$@" && return; }
    done
    all "$@"
}

group() { # PID NAME ID,...: probes of one container that are all names, or none is
    pid=$1 name=$2 && shift 2
    if [ "$pid" != 0 ] && [ "$pid" != '?' ] && lacking nsenter unshare ping ip bash timeout getent; then
        (in_image "$name" "$0" all "$@" </dev/null) || unknown "$image cannot be run beside it" "$@"
        return
    fi
    case $pid:$1 in
    0:*) unknown 'its container does not run' "$@" ;;
    '?':*) unknown "$(cat "$work/unasked")" "$@" ;;
    -:*,name,*) unknown 'a host has no names of networks' "$@" ;;
    -:*) all "$@" ;;
    *:*,name,*)
        for tool in nsenter unshare getent timeout; do
            has "$tool" || { unknown "the host has no command $tool" "$@" && return; }
        done
        exec nsenter --target "$pid" --net -- unshare --mount sh "$0" names "$pid" "$@"
        ;;
    *)
        has nsenter || { unknown 'the host has no command nsenter' "$@" && return; }
        exec nsenter --target "$pid" --net -- sh "$0" all "$@"
        ;;
    esac
}

# Lines "PID NAME ID,KIND,TARGET,MORE,WANT ...", as many as may run at once, those that wait longest first.
groups() {
    awk '{ key = ($2 == "name" ? 0 : 1) " " $3 " " $7; word = $1 "," $2 "," $4 "," $5 "," $6
           line[key] = line[key] " " word
           if (++count[key] % 16 == 0) { print key line[key]; line[key] = "" } }
         END { for (key in line) if (line[key] != "") print key line[key] }' | sort | cut -d' ' -f2-
}

ask() {
    take_lines "$work/lines"
    take_lines "$work/spaces"
    { cut -d' ' -f3 "$work/lines" && cut -d' ' -f3 "$work/spaces"; } | containers
    now && END=$((now + 25000))
    export END
    code=0
    awk '{ print $0, $3 }' "$work/lines" >"$work/named"
    pids "$work/named" 3 | groups | xargs -r -P 4 -L 1 sh "$0" group || code=$?
    CONTAINERS=$work sh "$scripts/tables.sh" read "$image" <"$work/spaces"
    return "$code"
}

look() {
    take_lines "$work/lines"
    cut -d' ' -f2 "$work/lines" | containers
    pids "$work/lines" 2 | while read -r id pid target; do
        case $pid in
        0 | '?') ;;
        -) look_at "$id" "$target" ;;
        *) nsenter --target "$pid" --net -- sh "$0" look_at "$id" "$target" </dev/null || : ;;
        esac
    done
}

look_at() { # ID TARGET: from the namespace that this runs in
    id=$1 target=$2 patience=1 packets=2
    awk -v id="$id" '$1 == "Tcp:" && !names { split($0, name); names = 1; next }
        $1 == "Tcp:" { for (n = 2; n <= NF; n++) if (name[n] == "InCsumErrors") print id, "checksums", $n }' \
        /proc/net/snmp
    if [ "$target" = - ]; then return; fi
    found=$(ip -o neigh show "$target" 2>/dev/null | head -n 1)
    mac=$(printf '%s\n' "$found" | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p')
    echo "$id neighbour ${found##* } ${mac:--}"
    headers
    mtu
    low=$((40 + headers)) high=$mtu
    ping_once "$((low - headers))"
    if [ "$outcome" != yes ] || [ -z "$high" ]; then return; fi
    while [ "$((high - low))" -gt 1 ]; do
        middle=$(((low + high + 1) / 2))
        ping_once "$((middle - headers))"
        if [ "$outcome" = yes ]; then low=$middle; else high=$middle; fi
    done
    echo "$id size $low"
}

verb=${1:-}
case $verb in
group | all | names | look_at) "$@" ;;
ask | look)
    export IMAGE="${2:-}" image="${2:-}"
    work_in_folder
    "$verb"
    ;;
*) fail "probe.sh: ask or look" ;;
esac
