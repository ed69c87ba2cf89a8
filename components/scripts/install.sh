# shellcheck shell=sh
# Installs the scripts that a stack needs on a host: install STACK.
# restore STACK installs them where they are not as they are to be, and prints what it found: intact,
# changed, or lost where all that the stack kept on the host is gone.
# The header line before this text sets $planned and $host, the host's name in the stack file.
set -eu
umask 022
state=/var/lib/crosshost/$2
found=changed
if [ ! -e "$state" ]; then found=lost; fi
trap '[ $? = 0 ] || echo "cannot write to $state: is the disk full?" >&2' EXIT
new=$state/scripts.new
rm -rf "$new"
mkdir -p "$new"
chmod 700 "${state%/*}" "$state"
# FILES
# shellcheck disable=SC2154
printf 'planned=%s host=%s\n' "$planned" "$host" >"$new/record"
if [ "$1" = restore ]; then
    if [ -e "$state/scripts/record" ]; then cp "$state/scripts/record" "$new/record"; fi
    if [ "$(cat "$new"/*.sh | sha256sum)" = "$(cat "$state"/scripts/*.sh 2>/dev/null | sha256sum)" ]; then
        rm -rf "$new"
        echo intact
        exit 0
    fi
    echo "$found"
fi
rm -rf "$state/scripts"
mv "$new" "$state/scripts"
boot=/etc/systemd/system/crosshost-boot-$2.service
if [ -e "$boot" ]; then sh "$state/scripts/boot.sh" install; fi
