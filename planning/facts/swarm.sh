# shellcheck shell=sh
# shellcheck disable=SC2154
case $info in
*'"ControlAvailable":true'*)
    put_output nodes 5 docker node ls --format \
        '{"id":{{json .ID}},"hostname":{{json .Hostname}},"status":{{json .Status}},"manager":{{json .ManagerStatus}}}'
    # shellcheck disable=SC2016
    put_output node_addresses 5 sh -c 'docker node inspect --format "$1" $(docker node ls --quiet)' sh \
        '{"id":{{json .ID}},"address":{{json .Status.Addr}},"manager":{{with .ManagerStatus}}{{json .Addr}}{{else}}""{{end}}}'
    ;;
esac
