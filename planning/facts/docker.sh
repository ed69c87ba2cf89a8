# shellcheck shell=sh
# Sets $info (`docker info`, empty where it does not answer), $engine (its version) and $root.
# shellcheck disable=SC2034
root=
# shellcheck disable=SC2034
engine=
info=
if has docker; then
    put docker_cli 1
    if ask info 10 docker info --format '{{.ServerVersion}}
{{.DockerRootDir}}
{{json .}}'; then
        engine=${text%%
*}
        text=${text#*
}
        root=${text%%
*}
        info=${text#*
}
        put info "$(printf '%s' "$info" | b64)"
    fi
else
    put docker_cli 0
fi

# Containers are made by the docker command of the user who logs in, without sudo.
if [ -n "${SUDO_UID:-}" ] && [ -S /var/run/docker.sock ] && has setpriv; then
    if setpriv --reuid "$SUDO_UID" --regid "${SUDO_GID:-0}" --init-groups \
        test -w /var/run/docker.sock; then
        put user_reaches_docker 1
    else
        put user_reaches_docker 0
    fi
fi
