# shellcheck shell=sh
# What stacks hold in daemon.json together. After engine.sh and held.sh. Beside `before` and the
# holders (each the object of its keys), the folder has:
#   original, original.absent   the file before the first stack came, or that there was none
#   edited, edited.absent       the same with what people did to it since, where they did something
#   written                     the hashes of the file since somebody else than a stack wrote it, the
#                               last one is that which a stack left
# shellcheck disable=SC2034,SC2154
shared=$held/daemon.json

without_stacks() { # prints the path (for become) of the file without any stack's keys
    if [ -e "$shared/edited" ] || [ -e "$shared/edited.absent" ]; then
        echo "$shared/edited"
    else
        echo "$shared/original"
    fi
}

as_written() { [ "$(hash_of "$file")" = "$(tail -n 1 "$shared/written" 2>/dev/null)" ]; }

note_written() {
    { tail -n 30 "$shared/written" 2>/dev/null || :; hash_of "$file"; } >"$shared/hashes"
    write_whole "$shared/written" <"$shared/hashes"
    rm -f "$shared/hashes"
}

keep_daemon_json() {
    mkdir -p "$shared"
    remember "$shared/original"
    rm -f "$shared/edited" "$shared/edited.absent" "$shared/written"
    note_written
    if [ -e "$shared/original" ]; then echo "see original"; else echo "no file"; fi |
        keep_before daemon.json
}

# What we kept was lost, and the file shows our hand: what there was before is all but our keys.
keep_without() { # KEYS
    for kept in "$shared/original" "$shared/edited"; do
        if [ ! -e "$kept" ] || [ "$(json_members pick "$1" <"$kept" | json_members compact)" = '{}' ]; then
            continue
        fi
        cp -p "$kept" "$kept.new"
        json_members restore "$1" <"$kept" >"$kept.new" && mv -f "$kept.new" "$kept"
    done
}

# The keys of all holders, by comma.
held_keys() (
    set +f
    keys=
    for one in "$shared"/holders/*; do
        if [ -e "$one" ]; then keys=$keys,$(json_members keys <"$one"); fi
    done
    printf '%s' "${keys#,}"
)

# Where people edited the file since a stack wrote it, it is the rest of it that comes back.
note_edits() {
    if as_written; then return; fi
    rm -f "$shared/edited" "$shared/edited.absent" "$shared/written"
    note_written
    if [ ! -e "$file" ]; then
        [ -e "$shared/original.absent" ] || : >"$shared/edited.absent"
        return
    fi
    cp -p "$file" "$shared/edited.new"
    json_members restore "$(held_keys)" "$shared/original" <"$file" >"$shared/edited.new" || {
        rm -f "$shared/edited.new"
        return
    }
    same=$(if [ -e "$shared/original" ]; then json_members compact <"$shared/original"; else echo '{}'; fi)
    if [ "$(json_members compact <"$shared/edited.new")" = "$same" ]; then
        rm -f "$shared/edited.new"
    else
        mv -f "$shared/edited.new" "$shared/edited"
    fi
}

# Writes to $2 the file with KEYS as they are without this stack: as another stack wants them, or
# as they were before all of them.
without_us() ( # KEYS PATH
    # shellcheck disable=SC2046
    json_members restore "$1" $(others_hold daemon.json) "$(without_stacks)" <"$file" >"$2"
)

# Before the change: what was there before any stack, what people did since, what we want of it.
# A file that is as we want it already and shows our hand is none of before: what we kept was lost.
hold_keys() {
    shown=
    if ! is_held daemon.json && { [ -e "$dir/record" ] ||
        { cmp -s "$dir/new" "$file" && { [ -e "$drop_in" ] || grep -q '"cluster-store"' "$file"; }; }; }; then
        shown=yes
    fi
    if is_kept daemon.json; then note_edits; else keep_daemon_json; fi
    if [ -n "$shown" ]; then
        keep_without "$(header_word own),$(sed -n '1s/.* own=\([^ ]*\).*/\1/p' "$dir/record" 2>/dev/null || :)"
    fi
    rm -f "$dir/held"
    if is_held daemon.json; then cp -p "$(our_file daemon.json)" "$dir/held"; fi
    json_members pick "$(header_word own)" <"$dir/new" >"$dir/keys"
    hold daemon.json <"$dir/keys"
    rm -f "$dir/keys"
    if owns cluster-store; then
        hold_gwbridge consul ${shown:+absent}
    fi
}

hold_again() { # what we held before a change that failed
    if [ -e "$dir/held" ]; then
        hold daemon.json <"$dir/held"
        rm -f "$dir/held"
    else
        let_go daemon.json
    fi
    if ! held_keys_of_ours | grep -q cluster-store; then drop_gwbridge consul there; fi
}

held_keys_of_ours() { # by comma
    if is_held daemon.json; then json_members keys <"$(our_file daemon.json)"; fi
}

# The file is another one than the plan saw. Where only stacks wrote it since, our keys go into it.
meet() {
    { as_written && grep -qxF -e "$(header_word base)" "$shared/written"; } ||
        fail "$file changed on the host after it was looked at: run pulumi up again"
    for other in $(others_hold daemon.json); do
        for key in $(header_word own | tr , ' '); do
            theirs=$(json_members get "$key" <"$other") || continue
            if [ "$theirs" != "$(member "$key" "$dir/new")" ]; then
                fail "stack ${other##*/} sets $key in $file to $theirs: write the same in both, or take it out of one"
            fi
        done
    done
    if [ -e "$file" ]; then cat "$file"; else echo '{}'; fi >"$dir/now"
    # shellcheck disable=SC2046
    json_members restore "$(held_keys_of_ours)" $(others_hold daemon.json) "$(without_stacks)" \
        <"$dir/now" >"$dir/now.new"
    json_members restore "$(header_word own)" "$dir/new" <"$dir/now.new" >"$dir/now"
    mv -f "$dir/now" "$dir/new"
    rm -f "$dir/now.new"
}

# Those that go; one more where a restart of ours was cut off. $store_stays: whether another stack that
# does not hold it (as what was kept here was lost) has containers on overlays in the store.
our_keys() {
    if is_held daemon.json; then keys=$(held_keys_of_ours); else keys=$(header_word own); fi
    if [ -n "$store_stays" ]; then keys=$(printf '%s' "$keys" | tr , '\n' | grep -v '^cluster-' | paste -s -d , -); fi
    if [ -e "$dir/live" ]; then keys=${keys:+$keys,}live-restore; fi
    printf '%s' "$keys"
}

# The version before kept an original by stack: the one that came first has the host's.
take_over_daemon_json() {
    if is_kept daemon.json; then return; fi
    oldest=$(set +f && stat -c '%Z %n' "${state%/*}"/*/daemon/original "${state%/*}"/*/daemon/original.absent \
        2>/dev/null | sort -n | sed -n '1s/^[0-9]* //p')
    [ -n "$oldest" ] || return 0
    mkdir -p "$shared"
    cp -p "$oldest" "$shared/${oldest##*/}"
    for stack in $(stacks_before); do
        record=${state%/*}/$stack/daemon/record
        lines=$(sed -n '1s/.* unit=\([0-9]*\).*/\1/p' "$record")
        tail -n "+$((${lines:-0} + 2))" "$record" >"$shared/content"
        if cmp -s "$shared/content" "$file"; then note_written; fi
        keys=$(sed -n '1s/.* own=\([^ ]*\).*/\1/p' "$record")
        json_members pick "$keys" <"$shared/content" >"$shared/keys"
        (holder=$stack && hold daemon.json <"$shared/keys")
    done
    rm -f "$shared/content" "$shared/keys"
    if [ -e "$shared/original" ]; then echo "see original"; else echo "no file"; fi |
        write_whole "$shared/before"
}

stacks_before() ( # their names
    set +f
    for record in "${state%/*}"/*/daemon/record; do
        if [ -e "$record" ]; then
            stack=${record%/daemon/record}
            echo "${stack##*/}"
        fi
    done
)
