#!/bin/sh
# What kernels would send where: links, addresses, routes, neighbours and forwarding entries of network
# namespaces, as iproute2 prints them.
#   tables.sh read [IMAGE]
#                    stdin: lines "ID host -", "ID container NAME", or "ID overlay NAME NETWORK" (the namespace
#                    of Docker's overlay NETWORK that the container NAME is on); prints for each "# ID TABLE" and
#                    the table, "# ID file" of an overlay's, in the end "# ID end" or "# ID unknown WHY"
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/namespaces.sh
. "$scripts/namespaces.sh"

# shellcheck disable=SC2016
show='
    stop() { echo "# $0 unknown $* fails"; exit; }
    echo "# $0 link" && ip -d -o link show || stop "ip link"
    echo "# $0 address" && ip -o addr show || stop "ip addr"
    echo "# $0 neighbour" && ip -o neigh show nud permanent || stop "ip neigh"
    echo "# $0 route" && ip -o -4 route show || stop "ip route"
    if [ -e /proc/net/if_inet6 ]; then
        echo "# $0 route6" && ip -o -6 route show || stop "ip -6 route"
    fi
    if [ "$1" = entries ] && command -v bridge >/dev/null; then
        entries=$(bridge fdb show) || stop "bridge fdb"
        echo "# $0 forwarding" && printf "%s\n" "$entries" | sed -n "/ dst /p"
    fi
    echo "# $0 end"'

unknown() { # WHY
    echo "# $id unknown $1"
}

# A namespace is called NUMBER-ID, of which Docker keeps 12 characters; a higher number is newer.
overlay_namespace() { # FOLDER ID: its file, "" where there is none
    (
        set +f
        for file in "$1"/[0-9]*-"$(printf %.9s "$2")"*; do
            [ -e "$file" ] && printf '%s\n' "${file##*/}"
        done
    ) | sort -n | tail -n 1
}

in_container() { # NAME
    pid=
    while read -r known number _; do
        if [ "$known" = "$1" ]; then pid=$number; fi
    done <"$work/containers"
    case $pid in
    0) unknown 'its container does not run' && return ;;
    '' | *[!0-9]*)
        unasked=$(cat "$work/unasked")
        unknown "${unasked:-its container does not run}" && return
        ;;
    esac
    if lacking nsenter ip; then
        (in_image "$1" -c "$show" "$id" none </dev/null 2>/dev/null) || unknown "$image cannot be run beside it"
    elif ! has nsenter; then
        unknown 'the host has no command nsenter'
    else
        nsenter --target "$pid" --net -- sh -c "$show" "$id" none 2>/dev/null || unknown 'nsenter fails'
    fi
}

in_overlay() { # CONTAINER NETWORK
    found=$(awk -v name="$1" -v key="$2=" '$1 == name { for (n = 4; n <= NF; n++)
        if (index($n, key) == 1) print $3, substr($n, length(key) + 1) }' "$work/containers")
    folder=${found% *} folder=${folder%/*} of=${found##* }
    unasked=$(cat "$work/unasked")
    case $of in '' | *[!0-9a-z]*) unknown "${unasked:-$1 is not on $2}" && return ;; esac
    file=$(overlay_namespace "$folder" "$of")
    if [ -z "$file" ]; then
        unknown "Docker has no network namespace of $2 here"
    else
        echo "# $id file $folder/$file"
        nsenter --net="$folder/$file" -- sh -c "$show" "$id" entries 2>/dev/null || unknown 'nsenter fails'
    fi
}

read_tables() {
    take_lines "$work/lines"
    if [ -n "${CONTAINERS:-}" ]; then
        cp "$CONTAINERS/containers" "$CONTAINERS/unasked" "$work"
    else
        cut -d' ' -f3 "$work/lines" | containers
    fi
    while read -r id where name network; do
        if [ "$where" = container ]; then
            in_container "$name"
        elif ! has ip; then
            unknown 'the host has no command ip'
        elif [ "$where" = host ]; then
            sh -c "$show" "$id" entries 2>/dev/null
        elif ! has nsenter; then
            unknown 'the host has no command nsenter'
        else
            in_overlay "$name" "$network"
        fi
    done <"$work/lines"
}

case ${1:-} in
read)
    image=${2:-}
    work_in_folder
    read_tables
    ;;
*) fail "tables.sh: read" ;;
esac
