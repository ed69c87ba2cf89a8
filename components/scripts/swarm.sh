#!/bin/sh
# This host's membership in the stack's swarm. swarm_member.py (on the controller) calls it.
#   swarm.sh apply    stdin: "TOKEN ADDRESS,..." of a manager's `token` ("-": none), then the header;
#                     prints the node's ID, and the role that it is to have for all stacks together
#   swarm.sh undo     stdin: the header; prints the ID of the node that left a swarm that goes on, or
#                     "gone"; for a host that goes on in it "stays", or "NODE ROLE" where it must have
#                     that role first
#   swarm.sh drop     what a change that failed half way has left
#   swarm.sh agree    stdin: ROLE; wait until the host itself has the role that managers gave it
# On a manager, for other hosts, whose word it does not take for more than it is:
#   swarm.sh token    stdin: ROLE; print the token to join with, and the managers' addresses
#   swarm.sh settle   stdin: NODE; wait until it is ready; forget what its host was before
#   swarm.sh role     stdin: NODE ROLE; promote or demote it, and wait until it is
#   swarm.sh forget   stdin: NODE; take it off the list, once it is not ready any more
# Header words: role, advertise, start (stay, init, join, reinit, rejoin), node (its ID before, or
# none), adopted (its role before crosshost came, or no: for an undo that finds no record), port,
# autolock (of the host that begins the swarm), own_lock (the same on every host), lock (what all stacks
# want), pool.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/swarm
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
# shellcheck source=components/scripts/gwbridge.sh
. "$scripts/gwbridge.sh"
# shellcheck source=components/scripts/swarm-held.sh
. "$scripts/swarm-held.sh"
seconds=60

swarm() { docker info --format "{{.Swarm.$1}}" 2>/dev/null; }

within() { # COMMAND...: until it works, for some seconds
    end=$(($(date +%s) + seconds))
    until "$@"; do
        if [ "$(date +%s)" -ge "$end" ]; then return 1; fi
        sleep 0.1
    done
}

# Docker's API by the daemon's socket: a token on a command line is there for everybody to see.
post() { # PATH BODY: sets $status and $answer
    rm -f "$dir/request"
    mkfifo -m 600 "$dir/request"
    docker system dial-stdio <"$dir/request" >"$dir/answer" &
    # Open until the answer is there: the daemon gives up on who has hung up.
    exec 3>"$dir/request"
    printf 'POST %s HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
        "$1" "${#2}" "$2" >&3
    wait $! || :
    exec 3>&-
    status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$dir/answer")
    answer=$(sed -n 's/.*"message":"\(.*\)"}.*/\1/p' "$dir/answer")
    rm -f "$dir/request" "$dir/answer"
}

# The node that the host was when it was left; one that somebody edited into nonsense is $1.
known_node() { # NODE
    node=$(cat "$dir/node" 2>/dev/null)
    case $node in *[!A-Za-z0-9]*) node=$1 ;; esac
    printf '%s\n' "$node"
}

active() { [ "$(swarm LocalNodeState)" = active ]; }

init() {
    lock=
    if [ "$(header_word autolock)" = on ]; then lock=--autolock; fi
    # Its output has the token.
    reason=$(docker swarm init --advertise-addr "$(header_word advertise)" \
        --data-path-port "$(header_word port)" --default-addr-pool "$(header_word pool)" \
        ${lock:+"$lock"} 2>&1 >/dev/null) || fail "the swarm cannot begin here: $reason"
}

join() { # "TOKEN ADDRESS,..."
    token=${1%% *}
    addresses=${1#* }
    case $token$addresses in
    *[!A-Za-z0-9.:,-]* | '') fail "no manager gave a token to join with" ;;
    esac
    body=$(printf '{"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"%s","JoinToken":"%s","RemoteAddrs":["%s"]}' \
        "$(header_word advertise)" "$token" "$(printf %s "$addresses" | sed 's/,/","/g')")
    post /swarm/join "$body"
    # It may go on in the background after the API's own time is up.
    if [ "$status" != 200 ] && ! { [ "$status" = 503 ] && within active; }; then
        if active; then return; fi
        docker swarm leave --force >/dev/null 2>&1 || :
        fail "this host cannot join the swarm by $addresses: ${answer:-no answer}"
    fi
    within active || fail "this host joined the swarm, but is $(swarm LocalNodeState): $(swarm Error)"
}

apply() {
    IFS= read -r invitation || fail "no data on stdin"
    read_header
    cat >/dev/null
    alone
    take_over_swarm
    mkdir -p "$dir"
    chmod 700 "$dir"
    now=$(swarm NodeID)
    # The same again, as after an update of crosshost, when all is as it was left.
    if [ -n "$now" ] && [ "$now" = "$(known_node "$now")" ] && is_held swarm &&
        [ "$(head -n 1 "$dir/record" 2>/dev/null)" = "$header" ]; then
        sh "$scripts/boot.sh" install
        printf '%s\n' "$now" >"$dir/node"
        echo "$now $(role_held)"
        return
    fi
    start=$(header_word start)
    case $start in
    stay) expected=$(header_word node) ;;
    init | join) expected=none ;;
    *) expected=${now:-none} ;;
    esac
    if [ "${now:-none}" != "$expected" ]; then
        fail "this host's swarm changed after it was looked at: run pulumi up again"
    fi
    # A join that is cut off is ours all the same, and no swarm to adopt.
    hold_swarm
    if [ "$start" != stay ]; then
        rm -f "$dir/node"
        keep_record "$dir" /dev/null
    fi
    case $start in
    re*) docker swarm leave --force >/dev/null 2>&1 || : ;;
    esac
    case $start in
    init | reinit) init ;;
    join | rejoin) join "$invitation" ;;
    esac
    apply_autolock
    swarm NodeID >"$dir/node"
    sh "$scripts/boot.sh" install
    keep_record "$dir" /dev/null
    echo "$(cat "$dir/node") $(role_held)"
}

not_a_manager() { [ "$(swarm ControlAvailable)" = false ]; }

# Whose this swarm is beside ours: services, and overlay networks that are no part of a swarm itself.
strangers() {
    docker service ls --format 'service {{.Name}}'
    docker network ls --filter driver=overlay --format '{{.Scope}} {{.Name}}' |
        sed -n -e '/^swarm ingress$/d' -e 's/^swarm /network /p'
}

# A manager steps down first, or the others could lose their quorum; the last one ends the swarm.
leave() { # sets $ended where the swarm is no more
    if [ "$(swarm ControlAvailable)" = true ] && [ -z "$(swarm Error)" ]; then
        if [ "$(swarm Managers)" -gt 1 ]; then
            { docker node demote "$(swarm NodeID)" >/dev/null && within not_a_manager; } ||
                fail "this host cannot step down as a manager of the swarm"
        else
            used=$(strangers | tr '\n' ',')
            if [ -n "$used" ]; then
                fail "the swarm would end with this host, and it has what crosshost did not make (${used%,}): remove that and run this again"
            fi
            ended=yes
        fi
    fi
    # After a power cut a worker's first try may take longer than Docker lets it. It shows no swarm
    # then, and is in it again later: only a try that works, or has nothing to do, tells.
    tries=5
    until reason=$(docker swarm leave --force 2>&1 >/dev/null); do
        tries=$((tries - 1))
        case $tries:$reason in
        *"not part of a swarm"*) break ;;
        0:* | *:*"Cannot connect"*) fail "this host cannot leave its swarm: $reason" ;;
        esac
        sleep 1
    done
}

undo() { # FORCE: whether what is to be done by managers is done without
    read_header
    cat >/dev/null
    alone
    take_over_swarm
    after=$(role_without_us)
    here=$(role_now)
    if [ "$after" != none ]; then
        if [ "$here" != none ] && [ "$here" != "$after" ] && [ -z "${1:-}" ]; then
            echo "$(swarm NodeID) $after"
            return
        fi
        if wanted autolock=on && [ "$(autolock_held others)" = off ]; then have_autolock off; fi
        sh "$scripts/boot.sh" remove
        drop_gwbridge swarm there
        echo stays
    else
        sh "$scripts/boot.sh" remove
        ended=
        # The managers may list it still where somebody else made it leave.
        node=$(cat "$dir/node" 2>/dev/null) || node=$(swarm NodeID) || :
        leave
        if [ -n "$ended" ]; then node=; fi
        echo "${node:-gone}"
        drop_gwbridge swarm absent
    fi
    let_go swarm
    rm -rf "$dir"
}

require_manager() {
    [ "$(swarm ControlAvailable)" = true ] || fail "this host is no manager of a swarm"
}

token() { # ROLE
    require_manager
    printf '%s ' "$(docker swarm join-token --quiet "$1")"
    docker info --format '{{range .Swarm.RemoteManagers}}{{.Addr}},{{end}}' | sed 's/,$//'
}

ready() { [ "$(docker node inspect --format '{{.Status.State}}' "$1" 2>/dev/null)" = ready ]; }

settle() { # NODE
    within ready "$1" || fail "node $1 joined the swarm, but does not get ready"
    who='{{.Description.Hostname}} {{.Status.Addr}}'
    same=$(docker node inspect --format "$who" "$1")
    for node in $(docker node ls --quiet); do
        if [ "$node" != "$1" ] && [ "$(docker node inspect --format "$who" "$node")" = "$same" ]; then
            forget "$node"
        fi
    done
}

has_role() { # NODE ROLE
    case $2:$(docker node inspect --format '{{.Spec.Role}} {{with .ManagerStatus}}{{.Reachability}}{{end}}' "$1" 2>/dev/null) in
    "manager:manager reachable" | "worker:worker ") ;;
    *) return 1 ;;
    esac
}

# This host itself, which can ask no more who has which role.
stepped_down() { # NODE ROLE
    [ "$2" = worker ] && [ "$1" = "$(swarm NodeID)" ] && not_a_manager
}

# Asked again while it is not so: "update out of sequence" is what two changes at once get.
given_role() { # NODE ROLE
    if stepped_down "$1" "$2" || has_role "$1" "$2"; then return; fi
    case $2 in manager) verb=promote ;; *) verb=demote ;; esac
    reason=$(docker node "$verb" "$1" 2>&1 >/dev/null) || :
    stepped_down "$1" "$2" || has_role "$1" "$2"
}

role() { # NODE ROLE
    require_manager
    reason=
    within given_role "$1" "$2" || fail "node $1 does not become a $2: ${reason:-no reason given}"
}

agrees() { # ROLE
    case $1:$(swarm ControlAvailable) in
    manager:true | worker:false) ;;
    *) return 1 ;;
    esac
}

# A node hears of its new role a moment after the managers have given it.
agree() { # ROLE
    within agrees "$1" || fail "this host is to be a $1 of the swarm, and is not yet: run pulumi up again"
    if [ -e "$dir/record" ]; then
        read_header <"$dir/record"
        apply_autolock
    fi
}

is_node() { # WORD
    case $1 in '' | *[!A-Za-z0-9]*) fail "this is no node ID" ;; esac
}

is_role() { # WORD
    case $1 in manager | worker) ;; *) fail "this is no role: manager or worker" ;; esac
}

away() { ! ready "$1"; }

# A host that left tells which node it was; a node that is still there is somebody else's.
forget_left() { # NODE
    docker node inspect "$1" >/dev/null 2>&1 || return 0
    within away "$1" || fail "node $1 is still up, so it is not that of the host that left"
    forget "$1"
}

forget() { # NODE
    require_manager
    docker node inspect "$1" >/dev/null 2>&1 || return 0
    docker node demote "$1" >/dev/null 2>&1 || :
    docker node rm --force "$1" >/dev/null
}

case ${1:-} in
apply | undo) "$1" ;;
drop) head -n 1 "$dir/record" | undo force >/dev/null ;;
token | agree)
    IFS= read -r role && is_role "$role"
    "$1" "$role"
    ;;
settle | forget)
    IFS= read -r node && is_node "$node"
    case $1 in settle) settle "$node" ;; *) forget_left "$node" ;; esac
    ;;
role)
    IFS=' ' read -r node role && is_node "$node" && is_role "$role"
    role "$node" "$role"
    ;;
*) fail "swarm.sh: apply, undo, drop, token, settle, role, agree or forget" ;;
esac
