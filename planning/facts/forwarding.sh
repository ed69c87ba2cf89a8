# shellcheck shell=sh
# With the nftables back end, which 29 brings, Docker leaves forwarding to the host, and starts only
# where it is on: what counts is what the next boot sets.
# shellcheck disable=SC2154
case $engine in
29.* | [3-9][0-9].*)
    if has systemd-analyze; then put_output sysctl 5 systemd-analyze cat-config sysctl.d; fi
    ;;
esac
