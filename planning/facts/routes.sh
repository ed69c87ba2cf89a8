# shellcheck shell=sh
put_output routes 5 ip -o -4 route show
