# shellcheck shell=sh
if has ss; then put_output listening 5 ss -Hlntup; fi
