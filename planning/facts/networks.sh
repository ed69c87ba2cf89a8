# shellcheck shell=sh
# shellcheck disable=SC2154
networks_like() { # TEXT: IDs of the listed networks whose line has it
    printf '%s\n' "$listed" | grep -F "$1" | sed -n 's/^{"id":"\([0-9a-z]*\)".*/\1/p'
}
if [ -n "$info" ]; then
    put_output networks 5 docker network ls --no-trunc --format \
        '{"id":{{json .ID}},"name":{{json .Name}},"driver":{{json .Driver}},"scope":{{json .Scope}},"stack":{{json (.Label "crosshost.stack")}},"made":{{json (.Label "crosshost.made")}}}'
    listed=$text
    case $listed in
    *'"scope":"local","stack":"'"$stack"'"'*)
        # shellcheck disable=SC2046
        put_output ranges 5 docker network inspect --format \
            '{"name":{{json .Name}},"range":{{json (index .IPAM.Config 0).IPRange}},"containers":{{json .Containers}}}' \
            $(networks_like '"scope":"local","stack":"'"$stack"'"')
        ;;
    esac
    case $listed in
    *'"driver":"macvlan"'* | *'"driver":"ipvlan"'*)
        # shellcheck disable=SC2046
        put_output parents 5 docker network inspect --format \
            '{"id":{{json .Id}},"parent":{{json (index .Options "parent")}},"options":{{json .Options}},"configs":{{json .IPAM.Config}},"containers":{{json .Containers}}}' \
            $(networks_like '"driver":"macvlan"') $(networks_like '"driver":"ipvlan"')
        ;;
    esac
    case $listed in
    *'"driver":"overlay"'*)
        # shellcheck disable=SC2046
        put_output overlays 5 docker network inspect --format \
            '{"id":{{json .Id}},"configs":{{json .IPAM.Config}},"options":{{json .Options}},"attachable":{{json .Attachable}},"internal":{{json .Internal}},"peers":{{json (index . "Peers")}},"containers":{{json .Containers}}}' \
            $(networks_like '"driver":"overlay"')
        ;;
    esac
fi
