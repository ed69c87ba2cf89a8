#!/bin/sh
# list-stacks.sh [BASE]: the stacks of stacks/ without the lab's and the examples: names=[...] as JSON,
# and options=-s NAME... With BASE, a commit, only those that a change since then touches: those whose
# files changed, or all, if the program itself did.
set -eu
base=${1:-}
case $base in *[!0]*) ;; *) base= ;; esac # zeros: the branch is new
changed=
if [ -n "$base" ]; then
    changed=$(git -c core.quotePath=false diff --name-only "$base...HEAD")
fi

# What no stack is made from.
is_beside() {
    case $1 in
    docs/* | tests/* | lab/* | standins/* | reports/* | crosshost/* | .github/* | ci/* | .gitlab-ci.yml | *.md | LICENSE) ;;
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
options=
for file in stacks/Pulumi.*.yaml; do
    name=${file#stacks/Pulumi.}
    name=${name%.yaml}
    case $name in
    lab-* | example-* | test-* | '*') continue ;;
    *[!A-Za-z0-9_.-]*) continue ;; # no stack has such a name
    esac
    if [ "$all" = yes ] || printf '%s\n' "$changed" | grep -qxF "$file"; then
        names="$names${names:+,}\"$name\""
        options="$options${options:+ }-s $name"
    fi
done
printf 'names=[%s]\noptions=%s\n' "$names" "$options"
