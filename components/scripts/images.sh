#!/bin/sh
# Which of the stack's images were not on this host before it: those go with the stack.
# Header: any. Content: an image's name a line.
#   images.sh apply   before anything is pulled: note which of them are not here
#   images.sh undo    after the containers are gone: remove those, unless somebody uses them
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/images
pulled=$dir/pulled

here() { docker image inspect "$1" >/dev/null 2>&1; }

listed() { [ -e "$2" ] && grep -qxF -e "$1" "$2"; } # IMAGE FILE

apply() {
    read_header
    alone
    mkdir -p "$dir"
    cat >"$dir/new"
    if [ -e "$dir/record" ]; then tail -n +2 "$dir/record" >"$dir/known"; else : >"$dir/known"; fi
    while IFS= read -r image; do
        if ! listed "$image" "$dir/known" && ! listed "$image" "$pulled" && ! here "$image"; then
            printf '%s\n' "$image" >>"$pulled"
        fi
    done <"$dir/new"
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new" "$dir/known"
}

# Another stack on this host that has the image, too, removes it when it goes.
hand_over() {
    set +f
    for other in "${state%/*}"/*/images/record; do
        if [ "$other" != "$dir/record" ] && listed "$1" "$other"; then
            printf '%s\n' "$1" >>"${other%record}pulled"
            return 0
        fi
    done
    return 1
}

undo() {
    cat >/dev/null
    # The daemon may be about to restart.
    alone
    if [ -e "$pulled" ]; then
        while IFS= read -r image; do
            # Refused where somebody else's container uses it: then it stays.
            hand_over "$image" || docker image rm "$image" >/dev/null 2>&1 || :
        done <"$pulled"
    fi
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "images.sh: apply or undo" ;;
esac
