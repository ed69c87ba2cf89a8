# shellcheck shell=sh
# Installs the scripts that a stack needs on a host, or removes them: install STACK, remove
# STACK. The header line before this text sets $planned.
set -eu
umask 022
state=/var/lib/crosshost/$2
if [ "${1:-}" = remove ]; then
    rm -rf "$state/scripts"
    rmdir "$state" "${state%/*}" 2>/dev/null || :
    exit 0
fi
trap '[ $? = 0 ] || echo "cannot write to $state: is the disk full?" >&2' EXIT
new=$state/scripts.new
rm -rf "$new"
mkdir -p "$new"
chmod 700 "${state%/*}" "$state"
# FILES
# shellcheck disable=SC2154
printf 'planned=%s\n' "$planned" >"$new/record"
rm -rf "$state/scripts"
mv "$new" "$state/scripts"
