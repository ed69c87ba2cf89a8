# shellcheck shell=sh
# Engines up to 20.10 leave a thread in the network namespace of a network whose last container on the host
# stopped (moby/libnetwork#1838): what they then do there fails.
# shellcheck disable=SC2154
case $engine in
1[0-9].* | 20.*)
    if process=$(pidof -s dockerd 2>/dev/null) && own=$(readlink "/proc/$process/ns/net"); then
        live=$(stat -Lc 'net:[%i]' /var/run/docker/netns/* 2>/dev/null || :)
        stray=0
        for namespace in $(readlink "/proc/$process/task"/*/ns/net 2>/dev/null); do
            if [ "$namespace" = "$own" ]; then continue; fi
            case $live in *"$namespace"*) continue ;; esac
            stray=$((stray + 1))
        done
        put stray_threads "$stray"
    fi
    ;;
esac
