# shellcheck shell=sh
# Arguments: ADDRESS MOST, in pairs. Prints "ADDRESS BYTES" for each address that answers: the largest IPv4
# packet, of MOST bytes at most, that gets there and back unfragmented.
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH

# IPv4 and ICMP have 28 bytes.
passes() { # ADDRESS BYTES
    ping -n -q -c 1 -W 1 -M "do" -s $(($2 - 28)) "$1" >/dev/null 2>&1
}

largest() { # ADDRESS MOST
    # Also where the neighbour had to be asked for its MAC first.
    if passes "$@" || passes "$@"; then
        echo "$1 $2"
        return
    fi
    low=576
    high=$2
    passes "$1" "$low" || return 0
    # What gets lost without a word takes a second: 16 sizes at once.
    while [ $((high - low)) -gt 1 ]; do
        step=$(((high - low + 16) / 17))
        passed=$(
            size=$((low + step))
            while [ "$size" -lt "$high" ]; do
                (if passes "$1" "$size"; then echo "$size"; fi) &
                size=$((size + step))
            done
            wait
        )
        for size in $passed; do
            if [ "$size" -gt "$low" ]; then low=$size; fi
        done
        if [ $((low + step)) -lt "$high" ]; then high=$((low + step)); fi
    done
    echo "$1 $low"
}

while [ $# -ge 2 ]; do
    largest "$1" "$2" &
    shift 2
done
wait
