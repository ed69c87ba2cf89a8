#!/bin/sh
# Runs on the controller: one host's seat in a swarm, with the help of its managers. A token to join
# goes from a manager through a variable of this shell to the host, on stdin.
#   swarm-member.sh apply   begin, join, change role; prints the node's ID
#   swarm-member.sh undo    leave, and be forgotten by the managers
# Stdin: "SSH_CONFIG SCRIPTS HOST"; settings of ssh for HOST, which may have left SSH_CONFIG, one a
# line; an empty line; the header of swarm.sh with the further words managers and via (who may help,
# by comma). Hosts are NAME, or NAME:sudo.
set -euf
umask 077
IFS=' ' read -r shared scripts host
config=$(mktemp)
errors=$(mktemp)
trap 'rm -f "$config" "$errors"' EXIT
{
    printf 'Host %s\n' "${host%:sudo}"
    while IFS= read -r setting && [ -n "$setting" ]; do printf '%s\n' "$setting"; done
    printf 'Host *\nInclude "%s/%s"\n' "$(pwd)" "$shared"
} >"$config"
IFS= read -r header

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

word() { # NAME
    for one in $header; do
        case $one in "$1"=*) printf '%s' "${one#*=}" ;; esac
    done
}

on() { # HOST VERB...: swarm.sh there
    name=${1%:sudo}
    sudo=
    if [ "$name" != "$1" ]; then sudo='sudo -n '; fi
    shift
    ssh -F "$config" -T "$name" "${sudo}sh $scripts/swarm.sh $*"
}

# The first manager that does what is asked; $said is its answer, $refused the last refusal.
helped() { # VERB...
    said=
    refused='none is known'
    for manager in $(printf '%s,%s' "$(word via)" "$(word managers)" | tr , ' '); do
        case $manager in none | "$host") continue ;; esac
        # Apart, or a warning of ssh or sudo would be a part of the answer.
        if said=$(on "$manager" "$@" 2>"$errors" </dev/null); then return 0; fi
        refused="${manager%:sudo}: $(tail -n 1 "$errors")"
    done
    return 1
}

apply() {
    invitation=-
    case $(word start) in
    join | rejoin)
        helped token "$(word role)" || fail "no manager lets ${host%:sudo} join the swarm ($refused)"
        invitation=$said
        ;;
    esac
    node=$(printf '%s\n%s\n' "$invitation" "$header" | on "$host" apply)
    case $(word start) in
    join | rejoin) helped settle "$node" || fail "${host%:sudo} joined the swarm, but $refused" ;;
    stay)
        # A manager that steps down is asked to by another one, a new one is promoted by any.
        helped role "$node" "$(word role)" || on "$host" role "$node" "$(word role)" </dev/null ||
            fail "${host%:sudo} does not become a $(word role) of the swarm ($refused)"
        on "$host" agree "$(word role)" </dev/null
        ;;
    esac
    printf '%s\n' "$node"
}

# A host that was in the swarm before crosshost came stays in it, as what it was.
stand_back() {
    case $(word adopted) in '' | no | "$(word role)") return ;; esac
    helped role "$(word node)" "$(word adopted)" ||
        fail "${host%:sudo} is left a $(word role) of the swarm, and was a $(word adopted) ($refused)"
}

undo() {
    stand_back
    node=$(printf '%s\n' "$header" | on "$host" undo)
    if [ -n "$node" ]; then
        helped forget "$node" ||
            fail "${host%:sudo} left the swarm, but no manager takes it off its list ($refused): run \`docker node rm $node\` on one"
    fi
}

case ${1:-} in
apply | undo) "$1" ;;
*) fail "swarm-member.sh: apply or undo" ;;
esac
