# shellcheck shell=sh
# shellcheck disable=SC2154
if [ -n "$info" ]; then
    put_output networks 5 docker network ls --no-trunc --format \
        '{"id":{{json .ID}},"name":{{json .Name}},"driver":{{json .Driver}},"scope":{{json .Scope}},"stack":{{json (.Label "crosshost.stack")}},"made":{{json (.Label "crosshost.made")}}}'
    listed=$text
    case $listed in
    *'"driver":"bridge","scope":"local","stack":"'"$stack"'"'*)
        # shellcheck disable=SC2016
        put_output ranges 5 sh -c 'docker network inspect --format \
            "{\"name\":{{json .Name}},\"range\":{{json (index .IPAM.Config 0).IPRange}}}" \
            $(docker network ls --quiet --filter driver=bridge --filter "label=crosshost.stack=$1")' \
            sh "$stack"
        ;;
    esac
    case $listed in
    *'"driver":"macvlan"'*)
        # shellcheck disable=SC2016
        put_output parents 5 sh -c 'docker network inspect --format \
            "{\"id\":{{json .Id}},\"parent\":{{json (index .Options \"parent\")}}}" \
            $(docker network ls --quiet --no-trunc --filter driver=macvlan)'
        ;;
    esac
    case $listed in
    *'"driver":"overlay","scope":"global"'*)
        # shellcheck disable=SC2016
        put_output overlays 5 sh -c 'docker network inspect --format \
            "{\"id\":{{json .Id}},\"configs\":{{json .IPAM.Config}},\"options\":{{json .Options}}}" \
            $(docker network ls --quiet --no-trunc --filter driver=overlay --filter scope=global)'
        ;;
    esac
fi
