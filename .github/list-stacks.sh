#!/bin/sh
# list-stacks.sh [BASE]: prints names=[...] as JSON, the stacks of stacks/ without the lab's and the
# examples. With BASE, a commit, only those that a change since then touches: those whose files changed,
# or all, if the program itself did.
set -eu
base=${1:-}
changed=
if [ -n "$base" ]; then
    changed=$(git -c core.quotePath=false diff --name-only "$base...HEAD")
fi

# What no stack is made from.
is_beside() {
    case $1 in
    docs/* | tests/* | lab/* | standins/* | reports/* | crosshost/* | .github/* | *.md | LICENSE) ;;
    stacks/Pulumi.*.yaml) ;;
    *) return 1 ;;
    esac
}

touches_all() {
    [ -n "$base" ] || return 0
    while read -r file; do
        [ -z "$file" ] || is_beside "$file" || return 0
    done <<FILES
$changed
FILES
    return 1
}

all=no
touches_all && all=yes
names=
for file in stacks/Pulumi.*.yaml; do
    name=${file#stacks/Pulumi.}
    name=${name%.yaml}
    case $name in
    lab-* | example-* | test-* | '*') continue ;;
    esac
    if [ "$all" = yes ] || printf '%s\n' "$changed" | grep -qxF "$file"; then
        names="$names${names:+,}\"$name\""
    fi
done
printf 'names=[%s]\n' "$names"
