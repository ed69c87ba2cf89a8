# shellcheck shell=sh
# What crosshost keeps on the host.
# shellcheck disable=SC2154
for record in "$state"/*/record "$state"/nic/*/record "$state"/vlan/*/record "$state"/shim/*/record "$state"/vxlan/*/record "$state"/wireguard/*/record; do
    [ -f "$record" ] || continue
    name=${record#"$state"/}
    name=${name%/record}
    if read_file "record/$name" "$record"; then put record "$name $text"; fi
done
# What stacks hold together (held.sh); one whose folder is gone holds nothing.
shared=/var/lib/crosshost/@host
for file in "$shared"/*/before "$shared"/*/*/before "$shared"/*/holders/* "$shared"/*/*/holders/*; do
    [ -f "$file" ] || continue
    case $file in
    */holders/*)
        holder=${file##*/}
        [ -d "/var/lib/crosshost/${holder%%@*}" ] || continue
        ;;
    esac
    name=${file#"$shared"/}
    if read_file "held/$name" "$file"; then put held "$name $text"; fi
done
# The version before kept these by stack.
for record in /var/lib/crosshost/*/daemon/record /var/lib/crosshost/*/swarm/record; do
    other=${record#/var/lib/crosshost/}
    other=${other%/*/record}
    case $record in */swarm/record) thing=swarm kind=swarm_record ;; *) thing=daemon.json kind=daemon_record ;; esac
    if [ ! -f "$record" ] || [ "$other" = "$stack" ]; then continue; fi
    if [ -e "$shared/$thing/holders/$other" ]; then continue; fi
    if read_file "$kind/$other" "$record"; then put "$kind" "$other $text"; fi
done
# What other stacks have here: what they have taken over has no label that says so.
for record in /var/lib/crosshost/*/present/record; do
    other=${record#/var/lib/crosshost/}
    other=${other%/present/record}
    if [ ! -f "$record" ] || [ "$other" = "$stack" ]; then continue; fi
    if read_file "present/$other" "$record"; then put present "$other $text"; fi
done
# Of certificates, keys, tokens and containers' files only what they hash to, and the modes of the files.
for folder in "$state"/tls/*/ "$state"/consul-access/*/ "$state"/files-*/*/; do
    [ -d "$folder" ] || continue
    name=${folder%/}
    put certificates "${name##*/} $(cat "$folder"* 2>/dev/null | sha256sum | cut -d' ' -f1) $(
        stat -c %a "$folder"* 2>/dev/null | sort -u | tr '\n' ' ' | sed 's/ $//')"
done
if [ -d "$state/scripts" ]; then
    put scripts_hash "$(cat "$state"/scripts/*.sh 2>/dev/null | sha256sum | cut -d' ' -f1)"
fi
